import { Button } from "@mantine/core";
import { useRef, type ReactElement } from "react";

import { IMAGE_TYPES } from "../../state/own";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { useBringImages, useUploading } from "./uploads";

/** Opens the file picker; where the server takes nothing it says so. */
export function OwnImageButton(): ReactElement | null {
  const text = useText();
  const uploading = useUploading();
  const bring = useBringImages();
  const input = useRef<HTMLInputElement>(null);
  if (!uploading) return null;
  const off = !uploading.allowed;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        {...(off && { "data-disabled": true, "aria-disabled": true, title: text.own.off })}
        data-testid={TESTID.ownButton}
        onClick={() => !off && input.current?.click()}
      >
        {text.own.button}
      </Button>
      <input
        ref={input}
        type="file"
        accept={IMAGE_TYPES.join()}
        multiple
        hidden
        aria-label={text.own.button}
        onChange={(event) => {
          bring([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}
