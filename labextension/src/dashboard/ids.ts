/** The one dashboard of a page. */
export const DASHBOARD_WIDGET = 'jp-quantlab-dashboard';

/** Cards of one section. */
export const SHELF_SIZE = 12;

/** Cards that a search brings at once. */
export const FOUND_SIZE = 24;
