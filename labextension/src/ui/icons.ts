/**
 * QuantLab's own icons, drawn in JupyterLab's 24-unit grid and coloured by its themes.
 */
import { LabIcon, notebookIcon, pythonIcon } from '@jupyterlab/ui-components';

const svg = (paths: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3" fill="#616161">${paths}</g></svg>`;

/** Books on a shelf, the last one a rising line: the library. */
export const libraryIcon = new LabIcon({
  name: 'quantlab:library',
  svgstr: svg(
    '<path d="M3 4h3v16H3zM7.5 4h3v16h-3z"/><path d="M12 20V4h9v16h-9zm1.6-1.6h5.8V5.6h-5.8z"/><path d="M14.2 15.6l1.8-3 1.4 1.4 1.6-4 1 .4-2.2 5.6-1.5-1.5-1.1 1.7z"/>'
  )
});

/** A notebook page with an arrow into a shelf: save as workflow. */
export const saveWorkflowIcon = new LabIcon({
  name: 'quantlab:save-workflow',
  svgstr: svg(
    '<path d="M4 3h11l5 5v5h-2V9h-4V5H6v14h5v2H4z"/><path d="M17 14h2v3.2h2.4L18 21l-3.4-3.8H17z"/><path d="M8 11h6v1.6H8zM8 14.4h4V16H8z"/>'
  )
});

/** A notebook page with a plus: a new workflow. */
export const newWorkflowIcon = new LabIcon({
  name: 'quantlab:new-workflow',
  svgstr: svg(
    '<path d="M4 3h11l5 5v4h-2V9h-4V5H6v14h6v2H4z"/><path d="M8 11h6v1.6H8zM8 14.4h4V16H8z"/><path d="M17 14h2v3h3v2h-3v3h-2v-3h-3v-2h3z"/>'
  )
});

/** Two people: shared. */
export const shareIcon = new LabIcon({
  name: 'quantlab:share',
  svgstr: svg(
    '<path d="M9 4a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2 19c0-3.3 3.1-6 7-6s7 2.7 7 6v1H2z"/><path d="M16 5a3 3 0 0 1 0 6 3 3 0 0 1-.8-.1 5.5 5.5 0 0 0 0-5.8A3 3 0 0 1 16 5zM18 20v-1c0-2.2-1-4.2-2.5-5.7 3.6-.2 6.5 2.2 6.5 5.2V20z"/>'
  )
});

/** A pin, filled when pinned. */
export const pinIcon = new LabIcon({
  name: 'quantlab:pin',
  svgstr: svg(
    '<path d="M15 3v2l-1 1v5l3 3v2h-4v5l-1 1-1-1v-5H7v-2l3-3V6L9 5V3z"/>'
  )
});

/** Charts in a grid: a layout. */
export const layoutIcon = new LabIcon({
  name: 'quantlab:layout',
  svgstr: svg(
    '<path d="M3 4h18v16H3zM5 6v12h8V6zM15 6v5h4V6zM15 13v5h4v-5z"/><path d="M6 15.500l2-3.500 1.600 1.600L12 9v3l-2.200 4-1.600-1.600L6 17.600z"/>'
  )
});

/** A candlestick pair: QuantLab itself. */
export const quantlabIcon = new LabIcon({
  name: 'quantlab:quantlab',
  svgstr: svg(
    '<path d="M7 3h1.6v3H11v9H8.6v3H7v-3H4.600V6H7zM15.400 6H17v3h2.400v8H17v4h-1.600v-4H13V9h2.400zM14.600 10.600v4.800h3.200v-4.800z"/>'
  )
});

/** The icon of a kind of saved object. */
export function kindIcon(kind: string): LabIcon {
  switch (kind) {
    case 'python':
      return pythonIcon;
    case 'layout':
      return layoutIcon;
    default:
      return notebookIcon;
  }
}
