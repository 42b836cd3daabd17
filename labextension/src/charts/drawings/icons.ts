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
