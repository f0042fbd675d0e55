/** What the ranking page says about an answer in the making. Knows the answer, and no page. */
import type { Answer } from "./answer";
import { t } from "./i18n";

export function nameOf(place: number): string {
  return t("ranking.answer", { place });
}

/** Where an answer stands, as a sentence for the ear. */
export function whereIs(answer: Answer, index: number): string {
  const zone = answer.order.zoneOf(index);
  if (zone !== "ranked") return t(`ranking.where.${zone}`);
  const { rank, shared } = answer.order.order().find((entry) => entry.index === index)!;
  const values = { rank, of: answer.order.groups.length };
  return shared ? t("ranking.where.tied", values) : t("ranking.where.ranked", values);
}

/** The order in a line for the eye: 2 › 1=4 › 3. */
export function inALine(answer: Answer, placeOf: (index: number) => number): string {
  const { groups, unranked, unacceptable } = answer.order;
  const tiers = groups.map((group) => group.map(placeOf).join("="));
  if (unranked.length > 0) tiers.push(`(${unranked.map(placeOf).join(" ")})`);
  return tiers.join(" › ") + unacceptable.map((index) => ` ✕${placeOf(index)}`).join("");
}

/** Why this can't be sent yet; empty: it can. */
export function whatIsMissing(answer: Answer, placeOf: (index: number) => number): string {
  const missing = answer.missing();
  if (missing === null) return "";
  const m = answer.asked.topM ?? 0;
  if (missing.why === "too_few") return t("ranking.missing.too_few", { m, ordered: missing.ordered });
  const names = missing.indexes.map((index) => nameOf(placeOf(index))).join(", ");
  return t(answer.mayLeaveRest ? "ranking.missing.or_below" : "ranking.missing.unplaced", { names });
}

export function strengthSaid(strength: string | null): string {
  return t(`ranking.strength.${strength ?? "none"}`);
}
