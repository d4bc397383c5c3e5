/** How far one connection has come in the sequence of events that the application was given. */
export interface Place {
  at: number;
}

const remembered = 4_096;

/**
 * Makes one sequence of durable events out of several connections that each bring the same ones.
 *
 * Cursors cannot be compared, but each connection begins at a place of this sequence and brings
 * what follows in order. So its next event is either one that was handed out already, and is
 * dropped, or, if it stands at the end, the next one. Anything else is a gap: something got lost on
 * that connection, and it has to be opened again from the cursor.
 */
export class Sequence {
  #numbers = new Map<string, number>(); // of the latest cursors handed out
  #end = 0;
  #cursor: string | undefined;
  #last: string | undefined;

  /** Where to go on: everything up to here has been handed out. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** The cursor of the last durable event handed out, else where it all began. */
  get last(): string | undefined {
    return this.#last;
  }

  /** Begins anew at a cursor. Places of before are worth nothing then. */
  begin(cursor: string | undefined): void {
    this.#numbers.clear();
    this.#end += remembered + 1; // old places are behind everything
    this.#cursor = this.#last = cursor;
  }

  /** For a connection that is opened at `cursor`. */
  place(): Place {
    return { at: this.#end };
  }

  /** What an event on the connection at `place` is. `next` must be handed out and then `passed`. */
  judge(place: Place, cursor: string): 'next' | 'known' | 'gap' {
    const number = this.#numbers.get(cursor);
    if (number !== undefined) {
      if (number > place.at) place.at = number;
      return 'known';
    }
    return place.at === this.#end ? 'next' : 'gap';
  }

  /** The event has been handed out: only now does the cursor move. Not if who got it has begun anew meanwhile. */
  passed(place: Place, cursor: string): void {
    if (place.at !== this.#end) return;
    this.#end += 1;
    place.at = this.#end;
    this.#numbers.set(cursor, this.#end);
    this.#cursor = this.#last = cursor;
    if (this.#numbers.size > remembered) {
      for (const oldest of this.#numbers.keys()) {
        this.#numbers.delete(oldest);
        break;
      }
    }
  }

  /** The server says that this is where the connection stands; there may have been no event for us. */
  moved(place: Place, cursor: string): void {
    if (place.at !== this.#end) return;
    this.#cursor = cursor;
    this.#last ??= cursor;
  }
}
