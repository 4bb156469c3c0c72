"""Two hundred texts that try to fetch, to run or to deceive when they are shown."""

from __future__ import annotations

EVIL = "http://evil.test"

# `URL` stands for an address of another origin, different in every payload.
SINKS = (
    "![x](URL)",
    "![x](<URL> \"t\")",
    "![x][r]\n\n[r]: URL",
    "[![x](URL)](URL)",
    "!\u200b[x](URL)",
    "\\![x](URL) ![y](URL)",
    "![x](//evil.test/schemeless.png)",
    "<img src=\"URL\" onerror=\"window.pwned=1\">",
    "<img src=x onerror=window.pwned=1>",
    "<script>window.pwned=1</script><script src=\"URL\"></script>",
    "<iframe src=\"URL\"></iframe>",
    "<style>@import url('URL'); body{background:url(URL)}</style>",
    "<div style=\"background-image:url(URL);position:fixed;inset:0\">x</div>",
    "<svg onload=window.pwned=1><image href=\"URL\"/></svg>",
    "<form action=\"URL\"><button>Sign in again</button></form>",
    "<a href=\"javascript:window.pwned=1\">x</a>",
    "<object data=\"URL\"></object><embed src=\"URL\"><link rel=stylesheet href=\"URL\">",
    "<video src=\"URL\" autoplay></video><audio src=\"URL\" autoplay></audio>",
    "<meta http-equiv=refresh content=\"0;url=URL\"><base href=\"URL\">",
    "[x](javascript:window.pwned=1)",
    "[x](data:text/html,<script>window.pwned=1</script>)",
    "[Your session ended, sign in](URL)",
    "<URL>",
    "URL and www.evil.test and someone@evil.test",
    "```mermaid\nflowchart LR\n  A@{ img: \"URL\", label: \"x\" } --> B\n```",
    "~~~ mermaid\ngraph TD; A[\"<img src='URL'>\"]-->B; click A href \"URL\"\n~~~",
    "```\nunclosed fence ![x](URL)",
    "$\\includegraphics{URL}$ $$\\href{javascript:window.pwned=1}{x}$$",
    "$\\htmlStyle{background:url(URL)}{x}$",
    ":material/home: :red[red] :rainbow[x] :blue-background[![x](URL)] :streamlit: :+1:",
    ":small[![x](URL)] :shield-badge[x] :badge[![x](URL)]",
    "\u202egnp.exe\u202c![x](URL)\u2066\u2069",
    "in\u200bvi\u200cs\u200dible\ufeff\u2060 \U000e0041\U000e0042 <img src=\"URL\">",
    "{{constructor.constructor('window.pwned=1')()}} ${window.pwned=1} {0.__class__} {x!r}",
    "%s %n {} {{}} {問い合わせ} ![x](URL)",
    "[x]: URL\n[x]\n\n![x]",
    "<!-- --><img src=\"URL\"><!--",
    "&lt;img src=URL&gt; &#60;img src=\"URL\"&#62; &#x3c;script&#x3e;",
    "=HYPERLINK(\"URL\")\n@SUM(1)\n+cmd|' /C calc'!A0",
    "[^1]\n\n[^1]: ![x](URL)",
)  # fmt: skip
WRAPPERS = (
    "{}",
    "- item\n\n  {}",
    "> quoted {}",
    "| a | b |\n|---|---|\n| {} | x |",
    "# **_{}_**",
)


def payloads() -> list[str]:
    """All of them; each names itself in its address."""
    found = []
    for wrapper in WRAPPERS:
        for sink in SINKS:
            text = sink.replace("URL", f"{EVIL}/{len(found)}.png")
            found.append(wrapper.replace("{}", text))
    return found
