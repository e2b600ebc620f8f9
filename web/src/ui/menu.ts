// What an entry of a menu is.
import type { IconName } from "./icons.ts";

/** An action by its label, or with `href` a link. Labels of a menu differ from each other. */
export interface MenuItem {
  label: string;
  icon?: IconName;
  run?: () => void;
  href?: string;
  target?: "_blank";
  danger?: boolean;
  /** Why it cannot be done now. */
  refused?: string;
}
