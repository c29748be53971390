import { useText } from "../text";
import { describeColumns } from "../text/columns";
import { isRefused, useForecast, useShown, useSubject } from "./workspace";

/** "Press Fetch to explain these 8 predictions", "Integrated Gradients, 50 steps", "about 2 s" */
export function useInvitation(): string[] {
  const text = useText();
  const { columns } = useSubject();
  const { samples } = useShown();
  const forecast = useForecast();
  const { etaSeconds, stored, total } = forecast;
  // Neither a number of steps that is refused nor its time is anything to look forward to.
  if (isRefused(forecast)) return [text.fetch.mendFirst];
  const time = stored > 0 && stored === total ? text.fetch.stored(stored, total) : etaSeconds;
  return [
    text.fetch.invitation(samples.items.length),
    describeColumns(text, columns),
    ...(time === null ? [] : [typeof time === "string" ? time : text.fetch.about(time)]),
  ];
}
