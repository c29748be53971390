import { useCallback, type ReactElement } from "react";

import { toErrorBody } from "../../api/errors";
import { useImage } from "../../api/queries";
import { useText } from "../../text";
import { ErrorNote } from "../../views/ErrorNote";
import { subjectOf, type OriginalProps } from "../types";
import { Evidence, Figure } from "./Figure";
import classes from "./image.module.css";
import { PixelCanvas } from "./PixelCanvas";

export function OriginalImage(props: OriginalProps): ReactElement {
  const { feature, name } = props;
  const text = useText();
  const { data: picture, error, refetch } = useImage(subjectOf(props));
  const paint = useCallback(
    (out: Uint32Array) => {
      if (picture) out.set(new Uint32Array(picture.rgba.buffer));
    },
    [picture],
  );
  if (error)
    return (
      <ErrorNote compact title={text.sample.imageFailed} error={toErrorBody(error)} onRetry={() => void refetch()} />
    );
  return (
    <Figure title={text.display.panelNames.original} above={picture && props.corner}>
      {picture ? (
        <PixelCanvas width={picture.width} height={picture.height} paint={paint} label={name} kind="original" />
      ) : (
        <div className={classes.placeholder} style={{ aspectRatio: feature.width / feature.height }} />
      )}
      {picture && <Evidence {...props} />}
      {picture && props.over}
    </Figure>
  );
}
