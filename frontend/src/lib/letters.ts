/** The letters of an outbox in IndexedDB: written when the transaction has ended, so that a crash keeps them. */
import type { Letter, Problem, Store } from "./outbox";

const NAME = "byhand";
const TABLE = "letters";

export class Letters implements Store {
  private opening: Promise<IDBDatabase> | null = null;

  add(letter: Letter): Promise<void> {
    return this.write((table) => table.put(letter));
  }

  remove(key: string): Promise<void> {
    return this.write((table) => table.delete(key));
  }

  refuse(key: string, problem: Problem): Promise<void> {
    return this.write((table) => {
      const found = table.get(key) as IDBRequest<Letter | undefined>;
      found.onsuccess = () => found.result && table.put({ ...found.result, problem });
    });
  }

  async all(): Promise<Letter[]> {
    const database = await this.open();
    return new Promise((resolve, reject) => {
      const asked = database.transaction(TABLE).objectStore(TABLE).getAll() as IDBRequest<Letter[]>;
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  }

  private async write(act: (table: IDBObjectStore) => unknown): Promise<void> {
    const database = await this.open();
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(TABLE, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
      act(transaction.objectStore(TABLE));
    });
  }

  private open(): Promise<IDBDatabase> {
    this.opening ??= new Promise<IDBDatabase>((resolve, reject) => {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore(TABLE, { keyPath: "key" });
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = asked.onblocked = () => reject(asked.error);
    }).catch((error: unknown) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }
}
