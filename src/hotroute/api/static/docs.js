// Starts Swagger UI; a file of its own, for the page's policy allows no inline script.
const place = document.getElementById("docs");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  persistAuthorization: false,
  requestInterceptor: (request) => {
    const given = request.headers.Authorization;
    // What one copies from a login is the bare token; the header wants its scheme before it.
    if (given && !/^(token|bearer) /i.test(given)) request.headers.Authorization = `${place.dataset.scheme} ${given}`;
    return request;
  },
});
