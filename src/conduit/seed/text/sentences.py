"""The sentences that titles, articles, comments and bios are assembled from; `{thing}` and its like are filled in.

`{quality}` stands behind "a" in places: no quality begins with a vowel's sound.
"""

HEADS = (
    "A calmer way to live with the {thing}", "A field guide to the {thing}", "A second look at the {thing}",
    "An afternoon with the {thing}", "Before you replace the {thing}", "Everything I got wrong about the {thing}",
    "Falling out with the {thing}", "Getting the {thing} right", "How I learned to trust the {thing}",
    "How small can the {thing} be?", "In defence of the {thing}", "Making peace with the {thing}",
    "Measuring the {thing} honestly", "Nobody explains the {thing}", "On keeping the {thing} simple",
    "Starting over with the {thing}", "Taking the {thing} apart", "Teaching the {thing} to a friend",
    "The case against the {thing}", "The hidden half of the {thing}", "The quiet joy of the {thing}",
    "The {thing}, explained slowly", "The {thing} is not the problem", "Three habits around the {thing}",
    "What the {thing} is really for", "When the {thing} breaks", "Where the {thing} came from",
    "Why I came back to the {thing}", "Why the {thing} still matters", "Ten questions about the {thing}",
)  # fmt: skip

TAILS = (
    "a report after {time}", "a summary of {time}", "how I got through {time}", "lessons from {time}",
    "looking back on {time}", "notes from {time}", "the cost of {time}", "the honest story of {time}",
    "what changed after {time}", "what I kept from {time}", "what survived {time}", "what {time} taught me",
)  # fmt: skip

TIMES = (
    "a borrowed month", "a first attempt", "a long winter", "a quiet summer", "a second attempt", "a small budget",
    "a year of doubt", "forty mornings", "one rainy season", "one stubborn week", "six weekends", "ten small failures",
    "too many shortcuts", "two slow years",
)  # fmt: skip

DESCRIPTIONS = (
    "What I would tell myself before the first day with the {thing}.",
    "The {thing} looked simple until I met the {other}. This is how the two came to get along.",
    "A plain account of the {thing}: what worked, what did not, and what I would leave out.",
    "Notes on the {thing} for people who have little time and one good reason to care.",
    "Why the {thing} deserves more attention than the {other}, with numbers where I have them.",
    "Some {quality} advice about the {thing}, most of it learned the slow way.",
    "Half diary, half manual. The {thing} plays the main part; the {other} makes trouble.",
    "A short walk around the {thing}, from the {quality} beginning to the part that nobody writes down.",
)

PROSE = (
    "The {thing} is where most people give up, and usually one step too early.",
    "I used to think that the {other} decided everything; it decides about a third.",
    "What helped was {quality} work in small portions, and a note after each of them.",
    "Nothing about the {thing} is hard by itself, but the order of the steps matters more than it seems.",
    "If you only change one thing this month, let it be the {other}.",
    "My first attempt took {number} hours and taught me mainly what to leave out.",
    "There is a {quality} version of this that needs no new equipment at all.",
    "Ask three people about the {thing} and you will hear four opinions, two of them about the {other}.",
    "I kept a record for {number} days, because memory is kind to bad ideas.",
    "The surprise came late: the {other} had been fine all along.",
    "You can skip this part if the {thing} already does what you want.",
    "In the end the difference was about {number} per cent, which is worth an evening but not a weekend.",
    "A friend who does this for a living calls the {thing} a slow teacher.",
    "Most instructions begin with the {other}; I would begin with a clean table and a sharp pencil.",
    "It is tempting to buy a better tool here, and I did, and it changed nothing.",
    "After {number} tries the pattern was plain enough to write on a single card.",
    "The {quality} answer is that it depends, so here is what it depends on.",
    "Watch what happens to the {other} when you stop touching the {thing} for a day.",
    "Half of the advice you will find is about a problem that the {thing} does not have any more.",
    "I do not measure this to win an argument; I measure it so that I can stop arguing.",
    "The {thing} rewards patience twice, once while you wait and once when you look back.",
    "Every failure so far had the same cause: I hurried the {other}.",
    "Write down what you expect before you look, or you will find that you expected it all along.",
    "This is the point at which a {quality} plan is worth more than a clever one.",
    "Nobody asked for the {other}, and yet here it is, taking {number} minutes of every day.",
    "What I like about the {thing} is that it tells you quickly when you are wrong.",
    "The numbers are small, but they point the same way every time.",
    "Once the {thing} holds, the rest becomes {quality} almost by itself.",
    "I have kept the old way around for comparison, and I have not needed it since.",
    "Take a break before the last step; it is the only one that cannot be undone.",
)

HEADINGS = (
    "Where it starts", "What I tried first", "The part about the {thing}", "What the {other} hides", "In numbers",
    "A {quality} approach", "What went wrong", "Doing it again", "What I would skip", "Small print", "Costs",
    "Before you begin", "A closer look", "The long way round", "What stays", "Questions that remain", "Further reading",
)  # fmt: skip

ITEMS = (
    "check the {thing} before anything else", "write the date on the {other}",
    "leave **{number} minutes** between two steps",
    "keep one spare {thing} within reach", "never change the {other} and the {thing} on the same day",
    "prefer the {quality} option when in doubt", "throw away what did not help", "ask someone to read your notes",
    "stop after {number} rounds, whatever happens", "put the {other} back where it was",
    "measure *twice*, with `{number}` as the yardstick", "start again from the {thing} if you lose count",
)  # fmt: skip

QUALITIES = (
    "boring", "careful", "cheap", "cheerful", "dependable", "frugal", "gentle", "half-finished", "hardy", "modest",
    "patient", "plain", "quiet", "repeatable", "sensible", "slow", "steady", "stubborn", "traditional", "useful",
)  # fmt: skip

REMARKS = (
    "Thank you, the part about the {thing} saved my evening.",
    "I did it the other way round and the {other} suffered for it.",
    "Have you tried this with a {quality} setup? I would love to compare notes.",
    "It took me {number} days to get the same result, but I got it.",
    "I disagree about the {other}, though the rest is spot on.",
    "Saved for the weekend.",
    "Could you say more about the {thing}? That step is where I am stuck.",
    "The {quality} version worked for me at the first attempt.",
    "My numbers are different: closer to {number} than to yours.",
    "Reading this a second time, I noticed what you say about the {other}. Good point.",
    "Does this still hold after **{number}** rounds?",
    "I showed this to my neighbour, who now wants a {thing} too.",
    "A small correction: the {other} comes before the {thing}, at least in my case.",
    "Lovely write-up. More of this, please!",
)

BIOS = (
    "Writes about the {thing} and sometimes about the {other}.",
    "Collects {quality} ideas about the {thing}.",
    "{number} years of {topic}, most of them enjoyable.",
    "Mostly {topic}, with a soft spot for the {other}.",
    "Learning {topic} in public, one {quality} note at a time.",
    "Day job: the {thing}. Evenings: the {other}.",
    "",
)

CODE = {
    "python": (
        "def check({name}, limit={number}):\n"
        "    seen = []\n"
        "    for step in {name}:\n"
        "        if step in seen or len(seen) == limit:\n"
        "            return seen\n"
        "        seen.append(step)\n"
        "    return seen"
    ),
    "sql": (
        "SELECT name, count(*) AS uses\n"
        "FROM {name}\n"
        "WHERE changed_at > :since\n"
        "GROUP BY name\n"
        "HAVING count(*) > {number}\n"
        "ORDER BY uses DESC;"
    ),
    "bash": 'for file in {name}-*.txt; do\n  wc -l "$file"\ndone | sort -n | tail -n {number}',
    "javascript": (
        "export async function load({name}) {{\n"
        "  const answer = await fetch(`/{name}?limit={number}`);\n"
        "  if (!answer.ok) throw new Error(answer.statusText);\n"
        "  return answer.json();\n"
        "}}"
    ),
    "http": 'GET /{name}?limit={number} HTTP/1.1\nHost: localhost\nIf-None-Match: "{name}-{number}"',
    "rust": "fn steps({name}: &[u32]) -> usize {{\n    {name}.iter().filter(|&&step| step < {number}).count()\n}}",
    "yaml": "{name}:\n  enabled: true\n  interval: {number}s\n  labels:\n    - first\n    - second",
    "c": "static int {name}(int step)\n{{\n    return step < {number} ? step + 1 : 0;\n}}",
    "css": ".{name} {{\n  display: grid;\n  gap: {number}px;\n  margin-inline: auto;\n}}",
    "html": '<label for="{name}">Steps</label>\n<input id="{name}" type="number" max="{number}">',
    "text": "day   {name}\n1     {number}.0\n2     {number}.5\n3     {number}.5  (left alone)\n4     a day off",
}  # fmt: skip
