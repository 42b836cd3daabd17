/** Items asked for at once. */
export const PAGE_SIZE = 50;
/** Height of a row of the list in CSS pixels; the style sheet says the same. */
export const ROW_HEIGHT = 52;
/** Rows drawn beyond the visible ones. */
export const OVERSCAN = 6;
/** How often a visible panel asks whether something changed elsewhere. Milliseconds. */
export const POLL_INTERVAL = 20_000;
/** How long typing must rest before a search is sent. Milliseconds. */
export const SEARCH_DELAY = 200;
