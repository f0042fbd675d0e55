"""Method 1: how every figure of a report is computed, in words. A change of any rule is a new version."""

from __future__ import annotations

VERSION = "1"

# what no report of this method can know, whatever its subject; shown in every report
NEVER_KNOWN = (
    "Pay, hours and energy of whoever made the base model and the texts it was trained on.",
    "Work on this model that was done outside Byhand.",
    "What workers paid themselves: fees, data, devices, exchange.",
    "Where the workers live, and so whether the pay meets the statutory minimum there.",
    "Disputes, confirmations and statements by workers: this version does not collect them yet.",
    "The consent and licence of every prompt.",
    "The energy of training and generation, unless the energy line says that it was measured.",
    "Whether what was entered is true. The log proves that nothing was changed since, not that it was right.",
)

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "What a report covers",
        (
            "A report about a model covers all recorded time of the closed periods of the projects whose "
            "rankings are in its data sets, from each project's first period to the last one that holds such a "
            "ranking. Nothing is apportioned: hours that also stand behind another model appear in full in "
            "both reports, so reports of models must never be added up.",
            "Direct is the time of rankings that are in the data sets. Also needed is all the rest: reading, "
            "training, waiting, skipped, surplus and rejected work, paid breaks.",
        ),
    ),
    (
        "Time",
        (
            "Time is measured by the server in milliseconds, as the union of a person's intervals over tabs "
            "and devices. Hours worked are all time on the clock, paid breaks included. Unknown time (a gap "
            "nobody has answered for) and unpaid breaks are not in it; unknown time has its own line.",
            "Hours are rounded half up to three significant figures. Rows are rounded one by one, so they may "
            "not add up to the total to the last digit.",
        ),
    ),
    (
        "Money",
        (
            "Earned is what the ledger posted for that time: per person, period and rate card, time multiplied "
            "by the hourly rate, rounded up once to a millionth of the currency. Sent and received are counted "
            "when a payout says so. Only received money has been paid.",
            "Effective hourly pay is money earned divided by hours worked, rounded down to the smallest coin. "
            "It is hour-weighted; worker-weighted quantiles are nearest-rank over the person-periods.",
            "The floor is what the funder declared. A worker-week is below it if its earnings divided by its "
            "hours are below the highest declared floor of the projects.",
        ),
    ),
    (
        "Simulated work",
        (
            "Work by simulated people is marked everywhere and is never added to work by real people. A "
            "simulated report shows that the machinery works; it says nothing about anybody's hours or wages.",
        ),
    ),
    (
        "Rebuilding and checking",
        (
            "A report is a pure function of the frozen periods, the lineage and this method: whoever holds "
            "them rebuilds it byte for byte. Its SHA-256 is an entry of the transparency log, and so is the "
            "Merkle root of each period's salted leaves.",
            "The log proves that nothing was changed afterwards. It does not prove that what was entered is "
            "true.",
        ),
    ),
)
