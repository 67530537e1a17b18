// Before the first picture: the theme that was chosen here, if one was.
try {
  const chosen = localStorage.getItem("hotroute-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // Without a storage the system's theme it is.
}
