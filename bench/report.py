"""The table that is printed while it is measured, and the verdict."""

from bench.pairs import Spread

_WIDTH = 52


class Report:
    """Prints lines, each with its target and whether it is met.

    Attributes:
        missed: The lines whose target is missed by more than noise.
    """

    def __init__(self) -> None:
        """Begin with nothing missed."""
        self.missed: list[str] = []
        self._close: list[str] = []
        self._section = ""

    def head(self) -> None:
        """Print the head of the table."""
        print(f"{'':{_WIDTH}}{'median':>9}  {'quartiles':<15}{'target':>9}")

    def section(self, title: str) -> None:
        """Begin a part of the table."""
        self._section = title
        print(f"\n{title}")

    def ratio(
        self, title: str, ratio: Spread, target: float | None = None, *, least: float | None = None
    ) -> None:
        """Print a ratio: missed if even the lower end of its confidence interval is above.

        Where more is better, it is missed if even the upper end is below `least`.
        """
        quartiles = f"{ratio.low:.3f}–{ratio.high:.3f}"
        if least is not None:
            wanted = f"≥ ×{least:.2f}"
            verdict = self._judge(title, -ratio.median, -ratio.at_most, -least)
        else:
            wanted = f"≤ ×{target:.2f}" if target else ""
            verdict = self._judge(title, ratio.median, ratio.at_least, target)
        self._line(title, f"×{ratio.median:.3f}", quartiles, wanted, verdict)

    def spread(self, title: str, found: Spread, unit: str, most: float | None = None) -> None:
        """Print figures with their unit: missed as a ratio is."""
        quartiles = f"{found.low:.1f}–{found.high:.1f}"
        wanted = f"≤ {most:g} {unit}" if most else ""
        verdict = self._judge(title, found.median, found.at_least, most)
        self._line(title, f"{found.median:.1f} {unit}", quartiles, wanted, verdict)

    def figure(self, title: str, value: float, unit: str, most: float | None = None) -> None:
        """Print a figure with its unit; a tenth above its target counts as noise."""
        wanted = f"≤ {most:g} {unit}" if most else ""
        verdict = self._judge(title, value, value / 1.1, most)
        self._line(title, f"{value:.1f} {unit}", "", wanted, verdict)

    def verdict(self) -> str:
        """What came of it, in a sentence or two."""
        if self.missed:
            return "Missed: " + "; ".join(self.missed) + "."
        if self._close:
            return "No target is missed by more than noise; on the wrong side of it: " + "; ".join(
                self._close
            )
        return "All targets are met."

    @staticmethod
    def _line(title: str, value: str, quartiles: str, wanted: str, verdict: str) -> None:
        line = f"  {title:{_WIDTH - 2}}{value:>9}  {quartiles:<15}{wanted:>9}  {verdict}"
        print(line.rstrip(), flush=True)

    def _judge(self, title: str, value: float, at_least: float, most: float | None) -> str:
        if most is None:
            return ""
        if value <= most:
            return "met"
        named = f"{title} ({self._section})"
        if at_least <= most:
            self._close.append(named)
            return "within noise"
        self.missed.append(named)
        return "MISSED"
