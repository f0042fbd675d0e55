// Draws the figures of a run as curves, one small chart for each figure, and adds points and samples as they come.
// The page has the same figures as a table; without this script nothing is lost but the drawing.
//
//   <div data-controller="events curves" data-action="job:metrics->curves#point job:sample->curves#sample
//        job:end->curves#end" data-curves-ended-value="false" …>
//     <script id="curve-points" type="application/json">[{"step": 1, "reward": 0.2}]</script>
//     <div data-curves-target="charts"></div> <div data-curves-target="samples"></div>
//   </div>
import { Controller } from "@hotwired/stimulus";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import type { JobEvent } from "../follow";
import { visibleText } from "../text";

type Point = Record<string, number>;

const HEIGHT = 170;
const NOT_DRAWN = new Set(["step", "event"]);

interface Chart {
  plot: uPlot;
  box: HTMLElement;
  latest: HTMLElement;
}

export default class extends Controller<HTMLElement> {
  static override targets = ["charts", "samples", "empty"];
  static override values = { ended: Boolean };

  declare readonly chartsTarget: HTMLElement;
  declare readonly samplesTargets: HTMLElement[];
  declare readonly emptyTargets: HTMLElement[];
  declare readonly endedValue: boolean;

  private points = new Map<number, Point>();
  private charts = new Map<string, Chart>();
  private resized = new ResizeObserver(() => this.fit());
  private waiting = 0;

  override connect(): void {
    const stored = this.element.querySelector("#curve-points")?.textContent ?? "[]";
    for (const point of JSON.parse(stored) as Point[]) this.points.set(point["step"] ?? 0, point);
    this.resized.observe(this.chartsTarget);
    this.draw();
  }

  override disconnect(): void {
    cancelAnimationFrame(this.waiting);
    this.resized.disconnect();
    for (const { plot } of this.charts.values()) plot.destroy();
    this.charts.clear();
    this.points.clear();
    this.chartsTarget.replaceChildren();
  }

  point(event: CustomEvent<JobEvent>): void {
    const data = event.detail.data;
    const numbers = Object.entries(data).filter((pair): pair is [string, number] => typeof pair[1] === "number");
    const point = Object.fromEntries(numbers);
    this.points.set(point["step"] ?? 0, point);
    cancelAnimationFrame(this.waiting); // many points at once are drawn once
    this.waiting = requestAnimationFrame(() => this.draw());
  }

  sample(event: CustomEvent<JobEvent>): void {
    for (const target of this.samplesTargets) target.prepend(sampleCard(event.detail.data));
  }

  /** Once the run is over the page has more to say: gates, results, the model. */
  end(): void {
    if (!this.endedValue) window.location.reload();
  }

  private draw(): void {
    const steps = [...this.points.keys()].sort((a, b) => a - b);
    const rows = steps.map((step) => this.points.get(step) ?? {});
    const names = new Set(rows.flatMap((row) => Object.keys(row)).filter((name) => !NOT_DRAWN.has(name)));
    for (const target of this.emptyTargets) target.hidden = names.size > 0;
    for (const name of names) {
      const known = rows.flatMap((row, at) => (row[name] === undefined ? [] : [[steps[at] ?? 0, row[name]] as const]));
      const data: uPlot.AlignedData = [known.map(([step]) => step), known.map(([, value]) => value)];
      const chart = this.charts.get(name) ?? this.add(name);
      chart.plot.setData(data);
      chart.latest.textContent = figure(known.at(-1)?.[1]);
      chart.box.setAttribute("aria-label", summary(name, data));
    }
  }

  private add(name: string): Chart {
    const whole = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const latest = document.createElement("strong");
    latest.className = "num";
    caption.append(`${name.replaceAll("_", " ")} `, latest);
    const box = document.createElement("div");
    box.setAttribute("role", "img");
    whole.append(caption, box);
    this.chartsTarget.append(whole);
    const chart = { plot: new uPlot(options(box.clientWidth), [[], []], box), box, latest };
    this.charts.set(name, chart);
    return chart;
  }

  private fit(): void {
    for (const { plot, box } of this.charts.values()) {
      if (box.clientWidth > 0 && box.clientWidth !== plot.width) plot.setSize({ width: box.clientWidth, height: HEIGHT });
    }
  }
}

/** Lines and letters in the colours of the page, light or dark. */
function options(width: number): uPlot.Options {
  const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = { stroke: () => colour("--soft"), grid: { stroke: () => colour("--rule"), width: 1 }, ticks: { show: false } };
  return {
    width: Math.max(width, 120),
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false },
    scales: { x: { time: false } },
    axes: [{ ...axis, size: 28 }, { ...axis, size: 52, values: (_plot, ticks) => ticks.map((tick) => figure(tick)) }],
    series: [{}, { stroke: () => colour("--blue"), width: 1.75, points: { show: false } }],
  };
}

function figure(value: number | undefined): string {
  return value === undefined ? "" : String(Number(value.toPrecision(4)));
}

function summary(name: string, [steps, values]: uPlot.AlignedData): string {
  const last = values?.at(-1);
  if (!steps.length || last === undefined || last === null) return `${name}: no points yet`;
  return `${name}: ${steps.length} points, from ${figure(values?.[0] ?? undefined)} at step ${steps[0]} to ${figure(last)} at step ${steps.at(-1)}`;
}

/** Untrusted text goes in as text only, with its hidden characters made visible. */
function sampleCard(data: Record<string, unknown>): HTMLElement {
  const card = element("article", "card");
  const heading = element("h3", "");
  heading.append(hostile(data["prompt"]));
  const sides = element("div", "grid");
  for (const [label, key] of [["Reference", "reference"], ["Policy", "policy"]] as const) {
    const side = element("div", "");
    const title = element("h4", "");
    title.textContent = label;
    side.append(title, hostile(data[key]));
    sides.append(side);
  }
  card.append(heading, sides);
  return card;
}

function hostile(text: unknown): HTMLElement {
  const shown = element("bdi", "hostile");
  shown.textContent = visibleText(typeof text === "string" ? text : "");
  return shown;
}

function element(tag: string, className: string): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  return made;
}
