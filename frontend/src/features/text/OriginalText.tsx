import type { ReactElement } from "react";

import { useText } from "../../text";
import type { OriginalProps } from "../types";
import { Titled } from "../Titled";
import classes from "./text.module.css";
import { useEvidenceOf } from "./evidence";
import { isShown, type TextFeature } from "./words";

export function OriginalText(props: OriginalProps<TextFeature>): ReactElement {
  const { feature, name } = props;
  const text = useText();
  const decides = useEvidenceOf(props);
  return (
    <Titled title={text.features.original(feature.name)}>
      <p className={classes.words} aria-label={name} role="group" data-feature={feature.name}>
        {feature.words.filter(isShown).map((word) => (
          <span key={word.start}>
            <span className={classes.word} data-evidence={decides(word.start, word.stop)}>
              {word.text}
            </span>{" "}
          </span>
        ))}
      </p>
    </Titled>
  );
}
