import { useComputedColorScheme } from "@mantine/core";
import { useMemo, useState, type KeyboardEvent, type ReactElement } from "react";

import { colourScale, formatValue, type Rgb } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { ColourBar } from "../image/ColourBar";
import { MarkPanels, type MarkPanel } from "../MarkPanels";
import { shade, strength } from "../shade";
import { Titled } from "../Titled";
import type { MapsProps } from "../types";
import { useEvidenceOf } from "./evidence";
import classes from "./text.module.css";
import { isShown, largest, valuedWords, type TextFeature, type ValuedWord } from "./words";

/** The pages' own colours, which those of the words are mixed with. */
const SURFACE: Record<"light" | "dark", Rgb> = { light: [255, 255, 255], dark: [26, 25, 31] };
const NAMED = 3;

/** The words of a text, coloured by what each adds. */
export function TextMaps(props: MapsProps<TextFeature>): ReactElement {
  const { result, feature } = props;
  const words = useMemo(() => valuedWords(result, feature), [result, feature]);
  const values = useMemo(() => words && Float32Array.from(words, ({ value }) => value), [words]);
  return (
    <MarkPanels {...props} values={values}>
      {(panel) => <Panel {...props} {...panel} key={panel.panel} words={words ?? []} />}
    </MarkPanels>
  );
}

interface PanelProps extends Omit<MapsProps<TextFeature>, "sign">, MarkPanel {
  words: readonly ValuedWord[];
}

function Panel({ panel, sign, words, limit, ...props }: PanelProps): ReactElement {
  const { feature, display, name } = props;
  const text = useText();
  const [pointed, point] = useState<ValuedWord | null>(null);
  const page = SURFACE[useComputedColorScheme("light")];
  const scale = colourScale(display.scale);
  const decides = useEvidenceOf({ ...props, sign, name } as MapsProps);
  const title = text.features.panel(feature.name, panel);
  const shown = words.filter(isShown);
  const most = largest(words, NAMED).map(({ text: word, value }) => text.features.valued(word, formatValue(value)));
  return (
    <Titled title={title}>
      <div
        className={classes.words}
        role="list"
        tabIndex={0}
        aria-label={text.features.described(text.map.panel(title, name), most)}
        data-testid={TESTID.words}
        data-panel={panel}
        data-feature={feature.name}
        onPointerLeave={() => point(null)}
        onBlur={() => point(null)}
        onKeyDown={(event) => {
          const next = stepped(shown, pointed, event);
          if (!next) return;
          // Not the page's next sample.
          event.preventDefault();
          event.stopPropagation();
          point(next);
        }}
      >
        {shown.map((word) => {
          const strong = shade(scale, strength(word.value, sign, limit), page);
          return (
            <span key={word.start}>
              <span
                role="listitem"
                className={classes.word}
                style={strong ?? undefined}
                data-value={word.value}
                data-padding={word.padding}
                data-pointed={pointed?.start === word.start}
                data-evidence={decides(word.start, word.stop)}
                onPointerEnter={() => point(word)}
              >
                {word.text}
                <span className="visually-hidden"> {formatValue(word.value)}</span>
              </span>{" "}
            </span>
          );
        })}
      </div>
      <div className={classes.readout} aria-hidden="true" data-testid={TESTID.wordValue}>
        {pointed ? (
          <>
            <strong>{pointed.text}</strong>
            {formatValue(pointed.value)}
          </>
        ) : (
          text.features.pointAtWord
        )}
      </div>
      <ColourBar scale={scale} sign={sign} limit={limit} style="overlay" opacity={1} />
    </Titled>
  );
}

/** The word that a key goes to. */
function stepped(
  words: readonly ValuedWord[],
  from: ValuedWord | null,
  { key, ctrlKey, altKey, metaKey, shiftKey }: KeyboardEvent,
): ValuedWord | null {
  if (ctrlKey || altKey || metaKey || shiftKey) return null;
  const at = words.findIndex(({ start }) => start === from?.start);
  const last = words.length - 1;
  const to: Readonly<Record<string, number>> = {
    ArrowRight: Math.min(at + 1, last),
    ArrowLeft: at < 0 ? last : Math.max(at - 1, 0),
    Home: 0,
    End: last,
  };
  const next = to[key];
  return next === undefined ? null : (words[next] ?? null);
}
