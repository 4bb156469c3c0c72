"""What English-speaking shop managers write; the labels stay Japanese."""

from __future__ import annotations

ENGLISH = {
    "緊急": (
        "[Since last night|Since this morning] nobody can log in to {p}. [All our stores are down|All {n} stores are closed] and orders are lost.",
        "{p} is down everywhere. We get a 503 on [every till|all devices] and customers are walking out.",
        "All of yesterday's sales data has [vanished|been deleted] from {p}. Can it be recovered?",
        "We can see another company's customer list in {p}. This looks like a data [leak|breach].",
        "Someone logged in with a former employee's account and downloaded our members' addresses.",
        "After the update the whole {f} is empty. [Everything we entered this year is gone|The data is lost].",
    ),
    "高": (
        "We were charged twice on this month's invoice and payment is due [tomorrow|on {date}].",
        "{f} has been failing at {store} since [Monday|noon], so our staff cannot [place orders|close the day]. Other stores are fine.",
        "The invoice shows {amt} yen more than our contract. Please correct it before the due date.",
        "We need the {p} export for the auditors by {date} and the download [fails|never finishes].",
        "We cancelled {p} in [spring|March] but are still being billed.",
        "{p} prints the wrong tax on receipts, so we are overcharging customers.",
        "Payroll closes [today at five|on {date}] and {f} drops half of the working hours.",
    ),
    "中": (
        "How do I change the settings for e-mail notifications in {p}?",
        "Where can I [add|remove] a staff member in {f}? The help page does not say.",
        "The buttons of {f} overlap on my phone. It works on the laptop. Is there a setting?",
        "Can I [sort|group] {f} by store? I could not find out how.",
        "The chart in {f} sometimes does not load until I refresh. It does not stop our work.",
        "Which setting prints receipts in English?",
        "How do I connect a new barcode reader to {p}?",
    ),
    "低": (
        "Just a note to say that {p} has made our [mornings|closing time] so much easier. Thank you!",
        "Love the new look of {f}. A dark mode would be nice some day.",
        "Feature wish: let us pin favourite items in {f}.",
        "Please thank [Yamada-san|Kobayashi-san] for the kind support last week.",
        "I liked the old blue icon better, but great work overall.",
        "It would be fun to have seasonal designs on the receipts.",
    ),
}
ENGLISH_AMBIGUOUS = (
    (
        "緊急",
        "Sorry to bother you, it may be nothing, but our full member list seems to be public on the web.",
    ),
    ("高", "Small question: why does our bill include {amt} yen for a plan we never ordered?"),
    ("中", "URGENT!!! How do I change the colour of {f}???"),
    (
        "低",
        "This is not urgent at all: the loading animation of {p} feels a bit old. Just feedback.",
    ),
)
ENGLISH_OPENINGS = ("Hi,", "Hello team,", "Good morning.", "Hi there, {name} from {store}.")
ENGLISH_CLOSINGS = {
    "緊急": ("Please call us back.", "Please help as soon as you can.", "What is the status?"),
    "高": ("Please reply today.", "Thank you in advance.", "Best regards, {name}"),
    "中": ("Thanks.", "Best regards, {name}", "Thank you in advance.", "No rush."),
    "低": ("Thanks.", "Best regards, {name}", "Keep it up!", "No need to reply."),
}
