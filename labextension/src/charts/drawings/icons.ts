/**
 * Icons of the drawing tools, in JupyterLab's 24-unit grid and coloured by its themes.
 */
import { LabIcon } from '@jupyterlab/ui-components';

import type { DrawingKind } from './state';

const icon = (name: string, paths: string): LabIcon =>
  new LabIcon({
    name: `quantlab:${name}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3" fill="#616161">${paths}</g></svg>`
  });

export const KIND_ICONS: Record<DrawingKind, LabIcon> = {
  trend: icon(
    'draw-trend',
    '<path d="M5.300 20.100l-1.400-1.400L18.700 3.900l1.400 1.400z"/><circle cx="5" cy="19" r="2.500"/><circle cx="19" cy="5" r="2.500"/>'
  ),
  horizontal: icon(
    'draw-horizontal',
    '<path d="M2 11h20v2H2z"/><circle cx="12" cy="12" r="3"/>'
  ),
  rectangle: icon('draw-rectangle', '<path d="M3 5h18v14H3zm2 2v10h14V7z"/>'),
  fibonacci: icon(
    'draw-fibonacci',
    '<path d="M3 3h18v1.600H3zM3 9h18v1.600H3zM3 13.400h18V15H3zM3 19.400h18V21H3z"/>'
  ),
  text: icon(
    'draw-text',
    '<path d="M5 4h14v4h-2V6h-4v12h2v2H9v-2h2V6H7v2H5z"/>'
  )
};

/** A bin. */
export const removeIcon = icon(
  'draw-remove',
  '<path d="M9 3h6l1 2h4v2H4V5h4zM6 8h12l-1 13H7zm3.500 2l.400 9h1.300l-.300-9zm3.600 0l-.300 9h1.300l.400-9z"/>'
);

/** An eye that is struck out. */
export const hideIcon = icon(
  'draw-hide',
  '<path d="M12 6c4.500 0 8.200 2.500 10 6-.700 1.400-1.700 2.600-2.900 3.600l-1.400-1.400c.900-.600 1.500-1.300 2-2.200C18.200 9.600 15.300 8 12 8c-.700 0-1.300.100-2 .200L8.400 6.600C9.500 6.200 10.700 6 12 6zM4.300 3L21 19.700 19.700 21l-3.200-3.200c-1.400.500-2.900.800-4.500.800-4.500 0-8.200-2.800-10-6.600.900-1.900 2.300-3.500 4-4.700L3 4.300zM7.400 8.700C6 9.500 4.900 10.600 4.200 12c1.500 2.700 4.400 4.600 7.800 4.600 1 0 2-.200 2.900-.400z"/>'
);

/** One sheet before another. */
export const frontIcon = icon(
  'draw-front',
  '<path d="M3 3h12v4h-2V5H5v8h2v2H3zM9 9h12v12H9z"/>'
);

/** Lines with a mark each. */
export const listIcon = icon(
  'draw-list',
  '<path d="M3 5h3v3H3zM8 5.500h13v2H8zM3 10.500h3v3H3zM8 11h13v2H8zM3 16h3v3H3zM8 16.500h13v2H8z"/>'
);
