/** A topic's way to a sink, as reports name it. */
export const routeName = (topic: string, sink: string): string => `${topic} → ${sink}`;
