import { apiPlugin, sessionPlugin } from './account/plugin';
import { deferredPlugin } from './deferred/plugin';

export default [deferredPlugin, apiPlugin, sessionPlugin];
