/**
 * Numbers for requests on their way. A request's slot in the producer core depends on when answers were handed over,
 * which looking at the books may do earlier; these numbers don't, so events that carry them hash the same.
 */
export class RequestsUnderWay {
  #request = new Int32Array(64);
  /** Free numbers, a stack. */
  #free = new Int32Array(64);
  #freeCount = 0;
  #used = 0;

  depart(request: number): number {
    let number: number;
    if (this.#freeCount > 0) number = this.#free[--this.#freeCount];
    else {
      if (this.#used === this.#request.length) this.#grow();
      number = this.#used++;
    }
    this.#request[number] = request;
    return number;
  }

  /** The request that travels under the number. */
  request(number: number): number {
    return this.#request[number];
  }

  /** The request; its number is free again. */
  arrive(number: number): number {
    this.#free[this.#freeCount++] = number;
    return this.#request[number];
  }

  #grow(): void {
    const request = new Int32Array(this.#request.length * 2);
    request.set(this.#request);
    this.#request = request;
    const free = new Int32Array(request.length);
    free.set(this.#free);
    this.#free = free;
  }
}
