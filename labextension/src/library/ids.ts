/** The panel in the side bar. */
export const LIBRARY_PANEL = 'jp-quantlab-library';

/** Commands of the library panel; without arguments they act on its selection. */
export namespace LibraryCommandIDs {
  export const refresh = 'quantlab:library-refresh';
  export const open = 'quantlab:library-item-open';
  export const openQuietly = 'quantlab:library-item-open-quietly';
  export const rename = 'quantlab:library-item-rename';
  export const duplicate = 'quantlab:library-item-duplicate';
  export const tags = 'quantlab:library-item-tags';
  export const move = 'quantlab:library-item-move';
  export const pin = 'quantlab:library-item-pin';
  export const versions = 'quantlab:library-item-versions';
  export const share = 'quantlab:library-item-share';
  export const download = 'quantlab:library-item-download';
  export const remove = 'quantlab:library-item-delete';
  export const restore = 'quantlab:library-item-restore';
  export const purge = 'quantlab:library-item-purge';
  export const projects = 'quantlab:project-manage';
}
