import type { ReactElement, ReactNode } from "react";

import { useEvidence } from "../../api/queries";
import { maskOutline, type NpyArray } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { subjectOf, type FeatureProps } from "../types";
import classes from "./image.module.css";

interface FigureProps {
  title: string;
  children: ReactNode;
  /** Stands over the picture and is not zoomed with it. */
  above?: ReactNode;
  below?: ReactNode;
}

export function Figure({ title, children, above, below }: FigureProps): ReactElement {
  return (
    <figure className={classes.figure}>
      <figcaption className={classes.title}>{title}</figcaption>
      <div className={classes.frame}>
        <div className={classes.picture}>{children}</div>
        {above}
      </div>
      {below}
    </figure>
  );
}

const outlines = new WeakMap<NpyArray, string>();

function outlineOf(mask: NpyArray, width: number, height: number): string {
  let path = outlines.get(mask);
  if (path === undefined) outlines.set(mask, (path = maskOutline(mask.data, width, height)));
  return path;
}

/** The border of the pixels that truly decide the class, where the reader wants to see it. */
export function Evidence(props: FeatureProps): ReactElement | null {
  const text = useText();
  const { feature, display } = props;
  const wanted = display.evidence && feature.evidence;
  const { data, isError } = useEvidence(subjectOf(props), wanted);
  if (!wanted) return null;
  if (isError) return <span className={classes.words}>{text.map.evidenceFailed}</span>;
  if (!data) return null;
  const { width, height } = feature;
  const path = outlineOf(data, width, height);
  return (
    <svg
      className={classes.outline}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      data-testid={TESTID.evidence}
      role="img"
      aria-label={text.display.evidence}
    >
      <path className={classes.outlineUnder} d={path} />
      <path className={classes.outlineOver} d={path} />
    </svg>
  );
}
