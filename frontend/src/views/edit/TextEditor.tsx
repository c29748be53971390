import { Textarea } from "@mantine/core";
import { useMemo, useState, type ReactElement } from "react";

import type { Edit, FeatureOf, FormOf } from "../../api/types";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import classes from "./edit.module.css";
import type { EditorProps } from "./EditDialog";
import { EditFrame } from "./EditFrame";
import { useLive } from "./useDraft";

type TextEditorProps = EditorProps<FeatureOf<"text">> & { form: FormOf<"text"> };

/** A text typed anew, or changed. The browser itself undoes what is typed. */
export function TextEditor({ sample, feature, form, fresh, onClose }: TextEditorProps): ReactElement {
  const text = useText();
  const was = fresh ? "" : (feature.text ?? "");
  const [typed, type] = useState(was);
  const edit = useMemo(
    (): Edit | null =>
      typed.trim() === "" || typed === was ? null : { kind: "text", feature: feature.name, text: typed, new: fresh },
    [typed, was, feature.name, fresh],
  );
  const live = useLive(sample, edit);
  const shown = edit && !live.error ? live.found?.feature : null;
  return (
    <EditFrame
      {...{ sample, edit, live, fresh, onClose }}
      explain={text.edit.explain.text}
      left={
        <>
          <Textarea
            data-autofocus
            autosize
            minRows={4}
            maxRows={14}
            label={feature.name}
            description={form.tokens == null ? null : text.edit.mostTokens(form.tokens)}
            placeholder={text.edit.typeHere}
            value={typed}
            data-testid={TESTID.typedText}
            onChange={(event) => type(event.currentTarget.value)}
          />
          {typed.trim() === "" && <p className={classes.help}>{text.edit.emptyText}</p>}
          {shown?.kind === "text" && (
            <p className={classes.read} data-stale={live.stale} data-testid={TESTID.readWords}>
              <span className={classes.title}>{text.edit.readAs}</span>{" "}
              {shown.words
                .filter(({ padding }) => !padding)
                .map((word) => word.text)
                .join(" ")}
            </p>
          )}
        </>
      }
    />
  );
}
