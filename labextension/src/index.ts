import { accountPlugin, apiPlugin, sessionPlugin } from './account/plugin';
import { adminPlugin } from './admin/plugin';
import { chartsPlugin } from './charts/plugin';
import { dashboardPlugin } from './dashboard/plugin';
import { deferredPlugin } from './deferred/plugin';
import { documentsPlugin } from './documents/plugin';
import { kernelPlugin } from './kernel/plugin';
import { layoutsPlugin } from './layouts/plugin';
import { libraryModelPlugin, libraryPlugin } from './library/plugin';
import { maintenancePlugin } from './maintenance/plugin';
import { openPlugin } from './open/plugin';
import { savePlugin } from './save/plugin';
import { sharingPlugin } from './sharing/plugin';
import { streamPlugin } from './stream/plugin';
import { transferPlugin } from './transfer/plugin';
import { versionsPlugin } from './versions/plugin';

export default [
  deferredPlugin,
  apiPlugin,
  sessionPlugin,
  streamPlugin,
  libraryModelPlugin,
  documentsPlugin,
  kernelPlugin,
  accountPlugin,
  maintenancePlugin,
  adminPlugin,
  libraryPlugin,
  savePlugin,
  openPlugin,
  versionsPlugin,
  sharingPlugin,
  transferPlugin,
  chartsPlugin,
  layoutsPlugin,
  dashboardPlugin
];
