import { apiPlugin, sessionPlugin } from './account/plugin';
import { deferredPlugin } from './deferred/plugin';
import { documentsPlugin } from './documents/plugin';
import { kernelPlugin } from './kernel/plugin';

export default [
  deferredPlugin,
  apiPlugin,
  sessionPlugin,
  documentsPlugin,
  kernelPlugin
];
