/**
 * Names and figures of chart layouts.
 */

/** Commands of layouts. */
export namespace LayoutCommandIDs {
  export const create = 'quantlab:layout-new';
  export const open = 'quantlab:layout-open';
  export const load = 'quantlab:layout-load';
  export const save = 'quantlab:layout-save';
  export const saveAs = 'quantlab:layout-save-as';
  export const follow = 'quantlab:layout-follow';
  export const makeDefault = 'quantlab:layout-make-default';
  export const versions = 'quantlab:layout-versions';
  export const share = 'quantlab:layout-share';
  export const duplicate = 'quantlab:layout-duplicate';
  export const exportFile = 'quantlab:layout-export';
  export const importFile = 'quantlab:layout-import';
  export const undoLoad = 'quantlab:layout-undo-load';
  export const theme = 'quantlab:layout-theme';
}

/** The plugin, and the name of its settings. */
export const LAYOUTS_PLUGIN = '@quantlab/labextension:layouts';

/** Charts that one layout may hold; the service refuses more. */
export const CHARTS_MAX = 32;

/** How charts can be arranged with one click: rows and columns. */
export const SHAPES = {
  single: [1, 1],
  'side-by-side': [1, 2],
  stacked: [2, 1],
  quad: [2, 2],
  thirds: [1, 3]
} as const;

export type GridShape = keyof typeof SHAPES;

/** What the charts of a layout look like: as JupyterLab does, or always the same. */
export const THEMES = ['system', 'light', 'dark'] as const;

export type LayoutTheme = (typeof THEMES)[number];

/** What linked charts may share. */
export const LINKS = ['symbol', 'interval', 'crosshair', 'range'] as const;

export type Link = (typeof LINKS)[number];
