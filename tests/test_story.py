"""The life of one notice: a framework for supported living, from its plan to its last reminder.

Dates, codes and amounts are those of a real framework of Sefton Metropolitan Borough Council; the
texts, and the deadlines that later versions replaced, are ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.demo.shapes import Body, by, codes, fts, instant, item, london, lot
from bot.model import Change
from tests.fakes import World, world

SEFTON = Body("Sefton Metropolitan Borough Council", "PTHP-5656-DLCN", "Bootle", "L20 7AE", "UKD73")
SOCIAL_WORK = codes(("85300000", "Social work and related services"))
SCOPE = [item(str(n), SOCIAL_WORK, *["UKD73"] * 5) for n in range(1, 10)]
OCID = 0x05E520
TEXT = (
    "Homes of their own for adults who need care and support: one provider for each of nine areas."
)

# What the deadlines were before the buyer moved them, and what they are in the end.
FIRST = {"enquiryPeriod": by("2026-04-24 12:00"), "tenderPeriod": by("2026-05-08 12:00")}
SECOND = {"enquiryPeriod": by("2026-05-15 12:00"), "tenderPeriod": by("2026-05-29 12:00")}
FINAL = {"enquiryPeriod": by("2026-06-05 12:00"), "tenderPeriod": by("2026-06-19 12:00")}


def lots(eighth: float) -> list[dict[str, Any]]:
    """Nine areas; the value of the eighth was corrected."""
    values = [19857872.16, 38354092.13, 6261816.24, 12915000, 10176000, 25439000, 12132000]
    return [
        lot(
            str(n),
            "2026-09-14",
            "2030-09-13",
            title=f"Geographical Location {n}",
            value={"amountGross": value, "currency": "GBP"},
        )
        for n, value in enumerate([*values, eighth, 16500000], start=1)
    ]


def tender(at: str, number: int, gross: float, eighth: float, dates: Any, **more: Any) -> Any:
    return fts(
        "UK4",
        at,
        number,
        OCID,
        (SEFTON,),
        reference="DN809407",
        title="Provision of Supported Living Services in Sefton - Framework",
        description=TEXT,
        status="active",
        items=SCOPE,
        lots=lots(eighth),
        value={"amountGross": gross, "amount": 0, "currency": "GBP"},
        procurementMethod="open",
        procurementMethodDetails="Open procedure",
        awardPeriod=by("2026-08-18 23:59:59"),
        **dates,
        **more,
    )


def planning() -> Any:
    release = fts(
        "UK2",
        "2025-11-20 10:54:39",
        75537,
        OCID,
        (SEFTON,),
        reference="DN809407",
        title="Provision of Supported Living Services in Sefton - Framework",
        description=TEXT,
        status="planning",
        items=SCOPE,
        communication={"futureNoticeDate": london("2026-01-08 23:59:59")},
        planning={
            "milestones": [
                {
                    "id": "engagement",
                    "type": "engagement",
                    "description": "A webinar; ask for an invitation before 12pm on 5 December.",
                    "dueDate": london("2025-12-09 23:59:59"),
                    "status": "scheduled",
                }
            ]
        },
    )
    release["id"] = release["planning"]["documents"][0]["id"] = "075537-2025"
    return release


PUBLISHED = [
    planning(),
    tender("2026-03-26 11:55:12", 27605, 150000000, 11000000, FIRST),
    tender(
        "2026-04-13 10:12:40",
        33097,
        153242728.68,
        11606948.15,
        FIRST,
        because="Total estimated value amended. Details and value of Lot 8 amended",
    ),
    tender(
        "2026-04-27 09:05:31",
        37830,
        153242728.68,
        11606948.15,
        SECOND,
        because="Revised deadlines for clarification requests and tender submission",
    ),
    tender(
        "2026-05-12 08:51:08",
        43273,
        153242728.68,
        11606948.15,
        FINAL,
        because="Revised deadlines",
    ),
]


def told(story: World) -> list[str]:
    """What has been said, each event by its name or by the reminder's deadline and lead."""
    return [f"{e.deadline.kind} in {e.lead}" if e.deadline else str(e.name) for e in story.events()]


def last_text(story: World) -> str:
    return str(story.slack.received[-1].body)


def test_the_story_of_a_framework(database_url: str, tmp_path: Path) -> None:
    with world(database_url, tmp_path, instant("2025-11-19 09:00")) as story:
        for release in PUBLISHED:
            story.portal.publish("fts", release)
        assert story.once(instant("2025-11-19 09:00")).well
        assert told(story) == ["started", "started"]  # one a source: nothing is open yet

        assert story.once(instant("2025-11-20 11:00")).well
        assert told(story)[2:] == ["new"]
        assert "9 Dec 2025" in last_text(story)
        assert "CPV 85300000 under 85000000" in last_text(story)

        story.once(instant("2026-03-26 12:00"))
        assert told(story)[3:] == ["new"]
        assert "UK2" in last_text(story) and "20 Nov 2025" in last_text(story)

        story.once(instant("2026-04-13 10:30"))
        assert story.events()[-1].changes == (
            Change("value", "150000000 GBP", "153242728.68 GBP"),
            Change("lot-value", "11000000 GBP", "11606948.15 GBP", "8"),
        )
        assert "Total estimated value amended" in last_text(story)

        # The first enquiry deadline would be near on 22 April: it is told, for it is in force.
        story.once(instant("2026-04-22 12:00"))
        assert told(story)[5:] == ["enquiry in 2d"]

        story.once(instant("2026-04-27 09:30"))
        assert story.events()[-1].changes == (
            Change("submission", "2026-05-08T11:00:00Z", "2026-05-29T11:00:00Z"),
            Change("enquiry", "2026-04-24T11:00:00Z", "2026-05-15T11:00:00Z"),
        )

        # 1 and 7 May were a week and a day before the first submission date: not any more.
        for day in ("2026-05-01 12:00", "2026-05-07 12:00", "2026-05-12 08:00"):
            story.once(instant(day))
        assert told(story)[7:] == []

        story.once(instant("2026-05-12 09:00"))
        assert story.events()[-1].changes == (
            Change("submission", "2026-05-29T11:00:00Z", "2026-06-19T11:00:00Z"),
            Change("enquiry", "2026-05-15T11:00:00Z", "2026-06-05T11:00:00Z"),
        )
        assert "19 Jun 2026 12:00 BST" in last_text(story)

        # Hour by hour to the end: only the final dates are counted down, in British Summer Time.
        for day in range(13, 32):
            story.once(instant(f"2026-05-{day} 12:00"))
        assert told(story)[8:] == []
        said: dict[str, str] = {}
        for day in range(1, 21):
            for hour in (11, 12):
                before = len(told(story))
                story.once(instant(f"2026-06-{day:02} {hour}:00"))
                said |= dict.fromkeys(told(story)[before:], f"{day} June {hour}:00")
        assert said == {
            "enquiry in 2d": "3 June 12:00",
            "submission in 7d": "12 June 12:00",
            "submission in 1d": "18 June 12:00",
        }
        assert len(story.slack.received) == len(story.rows()) == 11
        assert all(row.status == "sent" for row, _ in story.rows())
