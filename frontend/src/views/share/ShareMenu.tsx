import { Button, Menu } from "@mantine/core";
import type { ReactElement } from "react";

import { useExplorers } from "../../api/queries";
import { getMapFile } from "../../api/routes";
import { Check, Share } from "../../controls/icons";
import { fileName } from "../../share/filenames";
import { copyText, saveFile } from "../../share/save";
import { pageLink } from "../../state/services";
import { TESTID } from "../../testids";
import { useText, type Text } from "../../text";
import { useColumnTitles } from "../columns";
import { sharedOffer } from "../shared";
import { useSubject } from "../workspace";
import { pictureWords, useCollector } from "./collect";
import { Item } from "./Item";
import { useSharing, type Task } from "./useSharing";

/** Everything on the page, as a link or a file. What writes the files is loaded when it is asked for. */
export function ShareMenu(): ReactElement {
  const text = useText();
  const { state, run, dialog } = useSharing();
  const { explorer, description, columns } = useSubject();
  const [shared] = sharedOffer(text, columns, useColumnTitles());
  const collector = useCollector();
  const version = useExplorers().data?.version ?? "";
  const foot = text.share.foot(version, new Date().toISOString().slice(0, 10));
  const name = (extension: string): string =>
    fileName([description.name, collector.range, collector.method], extension);

  const link: Task = async () => {
    const address = pageLink();
    return (await copyText(address)) ? { done: text.share.copied } : { refused: address };
  };
  const picture =
    (scale: number): Task =>
    async (signal) => {
      const [{ gridPicture }, grid] = await Promise.all([import("../../share/picture"), collector.grid(signal)]);
      const words = pictureWords(text, foot);
      saveFile(await gridPicture(grid, words, scale), name("png"));
      return { done: text.share.saved };
    };
  const numbers: Task = async (signal) => {
    const [{ archive }, found] = await Promise.all([import("../../share/arrays"), collector.maps(signal)]);
    const cells = await Promise.all(
      found.map(async ({ sample, result: { info } }) => ({
        sample: sample.index,
        label: sample.label?.name ?? null,
        info,
        files: Object.fromEntries(
          await Promise.all(
            info.maps.map(async ({ feature }) => [feature, await getMapFile(info.key, feature, signal)] as const),
          ),
        ),
      })),
    );
    const { fingerprint, device } = description;
    const origin = { attriscope: version, explorer: explorer.id, fingerprint, device, link: pageLink() };
    saveFile(archive(cells, origin), name("npz"));
    return { done: text.share.saved };
  };
  const page: Task = async (signal) => {
    const [{ documentOf }, grid] = await Promise.all([import("../../share/document"), collector.grid(signal)]);
    saveFile(documentOf(grid, savedWords(text, shared, foot)), name("html"));
    return { done: text.share.saved };
  };

  const done = state.kind === "done";
  return (
    <>
      <Menu shadow="md" width={280} position="bottom-end">
        <Menu.Target>
          <Button
            variant="default"
            size="xs"
            leftSection={done ? <Check /> : <Share />}
            loading={state.kind === "working"}
            data-testid={TESTID.share}
          >
            <span role="status" data-testid={TESTID.shareStatus}>
              {done ? state.words : text.share.button}
            </span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Item label={text.share.copyLink} help={text.share.copyLinkHelp} onClick={() => run(link)} />
          <Menu.Divider />
          <Item label={text.share.savePicture} help={text.share.savePictureHelp} onClick={() => run(picture(1))} />
          <Item
            label={text.share.saveLargePicture}
            help={text.share.saveLargePictureHelp}
            onClick={() => run(picture(2))}
          />
          <Item label={text.share.saveNumbers} help={text.share.saveNumbersHelp} onClick={() => run(numbers)} />
          <Item label={text.share.savePage} help={text.share.savePageHelp} onClick={() => run(page)} />
        </Menu.Dropdown>
      </Menu>
      {dialog}
    </>
  );
}

function savedWords({ display, features, share }: Text, shared: string, foot: string) {
  const { panels, panelNames, sign, signs, scale, scales, opacity, outlier, size, sizes } = display;
  return {
    language: share.language,
    foot,
    controls: display.region,
    attribution: features.attribution,
    contributions: features.contributions,
    ...{ panels, panelNames, sign, signs, scale, scales, opacity, outlier, shared, size, sizes },
  };
}
