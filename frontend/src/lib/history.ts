/** Undo and redo over whole states, each kept as text so that nobody can change one afterwards. Pure. */
export class History<State> {
  private past: string[] = [];
  private future: string[] = [];
  private now: string;

  constructor(state: State) {
    this.now = JSON.stringify(state);
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Keep a new state; what was undone before is gone. Returns whether anything changed. */
  push(state: State): boolean {
    const next = JSON.stringify(state);
    if (next === this.now) return false;
    this.past.push(this.now);
    this.future = [];
    this.now = next;
    return true;
  }

  undo(): State | null {
    return this.step(this.past, this.future);
  }

  redo(): State | null {
    return this.step(this.future, this.past);
  }

  private step(from: string[], to: string[]): State | null {
    const next = from.pop();
    if (next === undefined) return null;
    to.push(this.now);
    this.now = next;
    return JSON.parse(next) as State;
  }
}
