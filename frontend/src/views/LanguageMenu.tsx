import { ActionIcon, Menu } from "@mantine/core";
import type { ReactElement } from "react";

import { Check, Languages } from "../controls/icons";
import { switchLanguage, useLanguage, useText } from "../text";
import { LANGUAGE_NAMES, LANGUAGE_TAGS, LANGUAGES } from "../text/language";

export function LanguageMenu(): ReactElement {
  const text = useText();
  const current = useLanguage();
  return (
    // Not in the main landmark, which is another one once the explorer has loaded.
    <Menu position="bottom-end" width={140} withinPortal={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" size="lg" aria-label={text.language} title={text.language}>
          <Languages />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {LANGUAGES.map((language) => (
          <Menu.Item
            key={language}
            lang={LANGUAGE_TAGS[language]}
            aria-current={language === current}
            rightSection={language === current ? <Check /> : null}
            onClick={() => void switchLanguage(language).catch(() => undefined)}
          >
            {LANGUAGE_NAMES[language]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
