"""What the articles are about: topics, each with the things that its authors write about."""

from typing import NamedTuple


class Topic(NamedTuple):
    """`things` are noun phrases that fit behind "the", found under no other topic; `language` is its code blocks'."""

    tag: str
    things: tuple[str, ...]
    language: str = "text"


TOPICS = (
    Topic(
        "python",
        ("context manager", "generator pipeline", "type checker", "import graph", "dataclass", "event loop"),
        "python",
    ),
    Topic("gardening", ("compost heap", "raised bed", "seed tray", "drip hose", "cold frame", "pear espalier")),
    Topic(
        "databases",
        ("covering index", "query planner", "write-ahead log", "foreign key", "page cache", "vacuum run"),
        "sql",
    ),
    Topic("baking", ("sourdough starter", "bread oven", "rye crust", "proofing basket", "oven spring", "butter dough")),
    Topic(
        "testing",
        ("slow test suite", "flaky test", "fixture", "property test", "golden file", "coverage report"),
        "python",
    ),
    Topic(
        "cycling", ("bottom bracket", "chain line", "touring frame", "dynamo hub", "wheel truing stand", "gravel tyre")
    ),
    Topic(
        "http",
        (
            "cache header",
            "conditional request",
            "redirect loop",
            "chunked body",
            "status line",
            "keep-alive connection",
        ),
        "http",
    ),
    Topic("photography", ("light meter", "darkroom tray", "wide lens", "contact sheet", "tripod head", "grey card")),
    Topic(
        "linux",
        ("init script", "control group", "mount namespace", "file descriptor", "kernel parameter", "swap file"),
        "bash",
    ),
    Topic("woodworking", ("dovetail joint", "marking gauge", "bench vice", "hand plane", "glue-up", "oak offcut")),
    Topic(
        "javascript",
        ("service worker", "promise chain", "module bundle", "event handler", "proxy object", "lazy import"),
        "javascript",
    ),
    Topic("coffee", ("burr grinder", "gooseneck kettle", "moka pot", "light roast", "paper filter", "tasting table")),
    Topic("caching", ("cache key", "stale answer", "purge queue", "lease", "hit ratio", "memory limit"), "python"),
    Topic("running", ("easy run", "hill repeat", "cadence drill", "recovery week", "trail shoe", "half marathon plan")),
    Topic(
        "networking",
        ("routing table", "load balancer", "socket buffer", "name server", "packet capture", "proxy protocol"),
        "bash",
    ),
    Topic(
        "astronomy",
        ("Dobsonian telescope", "star chart", "finder scope", "lunar crater", "meteor shower", "light dome"),
    ),
    Topic(
        "security",
        ("threat model", "password hash", "session cookie", "audit trail", "signing key", "content policy"),
        "bash",
    ),
    Topic("music", ("practice diary", "metronome", "fretboard map", "chord voicing", "reel tape", "upright piano")),
    Topic("rust", ("borrow checker", "trait object", "error enum", "unsafe block", "build script", "lifetime"), "rust"),
    Topic("travel", ("night train", "packing list", "harbour town", "mountain hut", "ferry timetable", "paper map")),
    Topic(
        "architecture",
        ("module boundary", "domain model", "layer diagram", "decision record", "message queue", "legacy adapter"),
    ),
    Topic("writing", ("first draft", "opening line", "edit pass", "style sheet", "reading chair", "morning page")),
    Topic(
        "observability",
        ("trace span", "log line", "error budget", "latency histogram", "dashboard", "alert rule"),
        "yaml",
    ),
    Topic("birdwatching", ("reed warbler", "nest box", "field notebook", "hide", "migration count", "dawn chorus")),
    Topic(
        "containers",
        ("base image", "multi-stage build", "entry point", "volume mount", "health probe", "layer cache"),
        "yaml",
    ),
    Topic("chess", ("rook endgame", "opening repertoire", "pawn break", "tactics set", "blitz habit", "club night")),
    Topic(
        "git", ("rebase", "merge conflict", "bisect run", "commit message", "feature branch", "tag signature"), "bash"
    ),
    Topic("sewing", ("zip pocket", "paper pattern", "linen shirt", "flat seam", "thread tension", "patchwork quilt")),
    Topic(
        "css", ("grid template", "custom property", "container query", "focus ring", "type scale", "dark theme"), "css"
    ),
    Topic("beekeeping", ("brood frame", "queen excluder", "honey super", "winter cluster", "swarm trap", "mite count")),
    Topic(
        "api-design",
        ("pagination scheme", "error shape", "version header", "idempotency key", "resource name", "rate limit"),
        "http",
    ),
    Topic(
        "climbing",
        ("finger board", "belay device", "slab route", "warm-up circuit", "bouldering mat", "multi-pitch day"),
    ),
    Topic(
        "performance",
        ("flame graph", "benchmark harness", "hot loop", "tail latency", "allocation profile", "thread pool"),
        "python",
    ),
    Topic("fermentation", ("sauerkraut crock", "kombucha jar", "miso batch", "brine ratio", "koji tray", "airlock")),
    Topic(
        "embedded",
        ("watchdog timer", "interrupt handler", "boot loader", "sensor bus", "power budget", "debug probe"),
        "c",
    ),
    Topic("sailing", ("reefing line", "anchor watch", "tidal atlas", "storm jib", "bilge pump", "harbour approach")),
    Topic(
        "machine-learning",
        ("training set", "loss curve", "feature store", "label audit", "baseline model", "evaluation split"),
        "python",
    ),
    Topic(
        "history", ("parish register", "canal company", "town charter", "oral account", "survey sheet", "guild ledger")
    ),
    Topic(
        "accessibility",
        ("screen reader", "skip link", "form label", "colour contrast", "keyboard trap", "alt text"),
        "html",
    ),
    Topic("knitting", ("sock heel", "cable pattern", "gauge swatch", "wool blend", "lace chart", "blocking board")),
    Topic(
        "static-sites",
        ("build cache", "front matter", "feed template", "broken link", "search index", "image pipeline"),
        "yaml",
    ),
    Topic("camping", ("tarp pitch", "spirit stove", "sleeping mat", "water filter", "bear bag", "wet tent")),
    Topic(
        "regex",
        ("lookahead", "greedy match", "capture group", "character class", "anchor", "backtracking bug"),
        "python",
    ),
    Topic("pottery", ("glaze test", "kiln log", "throwing wheel", "stoneware bowl", "trimming tool", "slip recipe")),
    Topic(
        "typography", ("ligature", "optical size", "line measure", "small capital", "hinting table", "web font"), "css"
    ),
    Topic("letterpress", ("type case", "ink disc", "proof press", "wood type", "chase", "paper stock")),
    Topic(
        "time-zones",
        ("daylight rule", "calendar export", "leap second", "offset table", "due date", "monthly report"),
        "python",
    ),
    Topic("mapmaking", ("contour line", "tile server", "survey pole", "legend", "projection", "hill shading")),
)

FACETS = (
    "basics", "mistakes", "tools", "in-practice", "measured", "on-a-budget", "reading-list", "repairs",
    "experiments", "diary", "myths", "internals",
)  # fmt: skip
"""Behind a topic's tag they make the tags of the long tail, as in `baking-mistakes`."""

GENERAL = (
    "how-to", "opinion", "beginners", "weekend-project", "lessons-learned", "deep-dive", "short-read", "tooling",
    "community", "review", "productivity", "open-questions", "teaching", "craft", "field-notes", "maintenance",
    "first-steps", "retrospective", "comparison", "minimalism", "from-the-archive", "reader-mail", "meta",
)  # fmt: skip
