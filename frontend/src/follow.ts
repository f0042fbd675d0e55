// Follows one job: by the event stream, and by polling where the stream is blocked or breaks.
// Both give the same events, each once and in order; knows nothing of the page.

export interface JobEvent {
  id: number;
  kind: string;
  at: string;
  data: Record<string, unknown>;
}

export interface JobSnapshot {
  id: string;
  kind: string;
  state: string;
  attempt: number;
  max_attempts: number;
  done: number;
  total: number;
  message: string;
  error: string;
  cancel_requested: boolean;
}

export interface Feed {
  job: JobSnapshot;
  events: JobEvent[];
  ended: boolean;
}

export interface Followed {
  stream: string;
  poll: string;
  after: number;
  onEvent: (event: JobEvent) => void;
  onState: (job: JobSnapshot) => void;
  onEnd: () => void;
}

const FAILURES_ALLOWED = 2;
export const POLL_MS = 2_000;
const SLOWEST_POLL_MS = 30_000;

/** Follow a job until it ends; the returned function stops at once. */
export function followJob(job: Followed): () => void {
  let after = job.after;
  let over = false;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const stop = (): void => {
    over = true;
    source?.close();
    clearTimeout(timer);
  };
  const end = (): void => {
    if (over) return;
    stop();
    job.onEnd();
  };
  const take = (event: JobEvent): void => {
    if (over || event.id <= after) return; // a stream that connected again repeats what it sent
    after = event.id;
    job.onEvent(event);
  };

  const poll = async (wait: number): Promise<void> => {
    let next = POLL_MS;
    try {
      const answer = await fetch(`${job.poll}?after=${after}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      const feed = (await answer.json()) as Feed;
      if (over) return;
      feed.events.forEach(take);
      job.onState(feed.job);
      if (feed.ended) return end();
    } catch {
      next = Math.min(wait * 2, SLOWEST_POLL_MS); // offline, or the server restarts: ask again, less often
    }
    if (!over) timer = setTimeout(() => void poll(next), next);
  };

  const listen = (): void => {
    let failures = 0;
    const opened = new EventSource(`${job.stream}?after=${after}`, { withCredentials: true });
    source = opened;
    opened.onmessage = (message: MessageEvent<string>) => {
      failures = 0;
      take(JSON.parse(message.data) as JobEvent);
    };
    opened.addEventListener("job", (message) => {
      failures = 0;
      job.onState(JSON.parse((message as MessageEvent<string>).data) as JobSnapshot);
    });
    opened.addEventListener("end", end);
    opened.onerror = () => {
      failures += 1;
      if (over || (opened.readyState !== EventSource.CLOSED && failures <= FAILURES_ALLOWED)) return;
      opened.close();
      void poll(POLL_MS);
    };
  };

  if (typeof EventSource === "undefined") void poll(POLL_MS);
  else listen();
  return stop;
}
