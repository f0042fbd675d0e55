// Follows a job live and tells the page: dispatches `job:<kind>` for each event (`job:progress`, `job:metrics`,
// `job:sample`), `job:state` for the job's row and `job:end` once nothing more comes. They bubble.
//
//   <section data-controller="events" data-events-stream-value="…/events/jobs/<id>/"
//            data-events-poll-value="/jobs/<id>/events.json" data-events-after-value="0" data-events-ended-value="false">
//     <progress class="meter" data-events-target="bar"></progress>
//     <span data-events-target="state"></span> <span data-events-target="count"></span>
//     <span data-events-target="message"></span>
//   </section>
import { Controller } from "@hotwired/stimulus";

import { followJob, type JobSnapshot } from "../follow";

export default class extends Controller<HTMLElement> {
  static override targets = ["bar", "state", "count", "message"];
  static override values = { stream: String, poll: String, after: Number, ended: Boolean };

  declare readonly barTargets: HTMLProgressElement[];
  declare readonly stateTargets: HTMLElement[];
  declare readonly countTargets: HTMLElement[];
  declare readonly messageTargets: HTMLElement[];
  declare readonly streamValue: string;
  declare readonly pollValue: string;
  declare afterValue: number;
  declare readonly endedValue: boolean;

  private stop: () => void = () => undefined;

  override connect(): void {
    if (this.endedValue) return;
    this.stop = followJob({
      stream: this.streamValue,
      poll: this.pollValue,
      after: this.afterValue,
      onEvent: (event) => {
        this.afterValue = event.id; // a page that comes back from the cache goes on where it was
        this.tell(event.kind, event);
      },
      onState: (job) => this.show(job),
      onEnd: () => this.tell("end", {}),
    });
  }

  override disconnect(): void {
    this.stop();
  }

  private tell(name: string, detail: object): void {
    this.dispatch(name, { prefix: "job", detail });
  }

  private show(job: JobSnapshot): void {
    for (const bar of this.barTargets) {
      bar.max = job.total || 1;
      bar.value = job.done;
    }
    const count = job.total ? `${job.done} of ${job.total}` : String(job.done);
    write(this.countTargets, count);
    write(this.stateTargets, capital(job.cancel_requested && job.state === "running" ? "stopping" : job.state));
    write(this.messageTargets, job.error || job.message);
    this.tell("state", job);
  }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function write(targets: HTMLElement[], text: string): void {
  for (const target of targets) if (target.textContent !== text) target.textContent = text;
}
