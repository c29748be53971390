/** The border of a mask as an SVG path along pixel edges, runs joined; the viewBox is `0 0 width height`. */
export function maskOutline(mask: ArrayLike<number>, width: number, height: number): string {
  const inside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] !== 0;
  const parts: string[] = [];
  for (let y = 0; y <= height; y++)
    forRuns(
      width,
      (x) => inside(x, y - 1) !== inside(x, y),
      (from, to) => parts.push(`M${from} ${y}H${to}`),
    );
  for (let x = 0; x <= width; x++)
    forRuns(
      height,
      (y) => inside(x - 1, y) !== inside(x, y),
      (from, to) => parts.push(`M${x} ${from}V${to}`),
    );
  return parts.join("");
}

function forRuns(length: number, isEdge: (i: number) => boolean, emit: (from: number, to: number) => void): void {
  let start = -1;
  for (let i = 0; i <= length; i++) {
    const edge = i < length && isEdge(i);
    if (edge && start < 0) start = i;
    if (!edge && start >= 0) {
      emit(start, i);
      start = -1;
    }
  }
}
