/**
 * The wire types by their plain names, and the two shapes the generator has no name for.
 */
import type { components } from './types';

type Schemas = components['schemas'];

export type AuthConfig = Schemas['AuthConfig'];
export type ForgotPassword = Schemas['ForgotPassword'];
export type ResetPassword = Schemas['ResetPassword'];
export type VerifyEmail = Schemas['VerifyEmail'];
export type ResendVerification = Schemas['ResendVerification'];
export type ChangeEmail = Schemas['ChangeEmail'];
export type EmailChange = Schemas['EmailChange'];
export type RevertEmail = Schemas['RevertEmail'];
export type User = Schemas['User'];
export type Tokens = Schemas['Tokens'];
export type Register = Schemas['Register'];
export type Leaving = Schemas['Leaving'];
export type LeavingPreview = Schemas['LeavingPreview'];
export type LogIn = Schemas['LogIn'];
export type OidcProvider = Schemas['OidcProvider'];
export type OidcStarted = Schemas['OidcStarted'];
export type OidcCode = Schemas['OidcCode'];
export type OidcFinish = Schemas['OidcFinish'];
export type OidcLink = Schemas['OidcLink'];
export type SessionInfo = Schemas['Session'];
export type ApiTokenInfo = Schemas['ApiToken'];
export type ApiTokenCreate = Schemas['ApiTokenCreate'];
export type NewApiToken = Schemas['NewApiToken'];
export type DeviceRequest = Schemas['DeviceRequest'];
export type Profile = Schemas['Profile'];
export type ChartDefaults = Schemas['ChartDefaults'];
export type ProfileUpdate = Schemas['ProfileUpdate'];
export type Quota = Schemas['Quota'];
export type StepUp = Schemas['StepUp'];
export type StepUpOptions = Schemas['StepUpOptions'];
export type Ceremony = Schemas['Ceremony'];
export type PasskeyProof = Schemas['PasskeyProof'];
export type Passkey = Schemas['Passkey'];
export type PasskeyAdded = Schemas['PasskeyAdded'];
export type Factors = Schemas['Factors'];
export type TotpSetup = Schemas['TotpSetup'];
export type AuditEvent = Schemas['AuditEvent'];
export type AdminUser = Schemas['AdminUser'];
export type AdminUserCreated = Schemas['AdminUserCreated'];
export type AdminUserCreate = Schemas['AdminUserCreate'];
export type AdminUserPatch = Schemas['AdminUserPatch'];
export type Invitation = Schemas['Invitation'];
export type InvitationCreate = Schemas['InvitationCreate'];
export type NewInvitation = Schemas['NewInvitation'];
export type OpenInvitation = Schemas['OpenInvitation'];
export type AdminItem = Schemas['AdminItem'];
export type AdminTransferred = Schemas['AdminTransferred'];
export type OwnTenant = Schemas['OwnTenant'];
export type TenantInfo = Schemas['TenantInfo'];
export type AdminEvent = Schemas['AdminEvent'];
export type SealState = Schemas['SealState'];
export type KillSwitch = Schemas['KillSwitch'];
export type KillSwitches = Schemas['KillSwitches'];
export type KillSwitchTurn = Schemas['KillSwitchTurn'];
export type InstallationSettings = Schemas['InstallationSettings'];
export type InstallationSettingsPatch = Schemas['InstallationSettingsPatch'];
export type ChangePassword = Schemas['ChangePassword'];
export type KernelToken = Schemas['KernelToken'];
export type Project = Schemas['Project'];
export type ProjectCreate = Schemas['ProjectCreate'];
export type ProjectUpdate = Schemas['ProjectUpdate'];
export type WorkflowItem = Schemas['WorkflowItem'];
export type Workflow = Schemas['Workflow'];
export type WorkflowVersion = Schemas['WorkflowVersion'];
export type WorkflowCreate = Schemas['WorkflowCreate'];
export type WorkflowUpdate = Schemas['WorkflowUpdate'];
export type SavedPatch = Schemas['SavedPatch'];
export type LayoutItem = Schemas['LayoutItem'];
export type Layout = Schemas['Layout'];
export type LayoutVersion = Schemas['LayoutVersion'];
export type LayoutCreate = Schemas['LayoutCreate'];
export type LayoutUpdate = Schemas['LayoutUpdate'];
export type LayoutDocument = Schemas['LayoutDocument'];
export type WorkflowKind = WorkflowItem['kind'];
/** What lists of saved objects show, whatever it is; `kind` tells. */
export type LibraryItem = WorkflowItem | LayoutItem;
export type LibraryKind = LibraryItem['kind'];
export type Trust = Schemas['Trust'];
export type TrustPut = Schemas['TrustPut'];
export type VersionInfo = Schemas['VersionInfo'];
export type VersionDiff = Schemas['VersionDiff'];
export type DiffRow = Schemas['DiffRow'];
export type Share = Schemas['Share'];
export type Shares = Schemas['Shares'];
export type SharedAccess = Share['access'];
export type PersonFound = Schemas['PersonFound'];
export type Draft = Schemas['Draft'];
export type DraftPut = Schemas['DraftPut'];
export type MergeRequest = Schemas['MergeRequest'];
export type MergeResult = Schemas['MergeResult'];
export type ImportReport = Schemas['ImportReport'];
export type ImportItem = Schemas['ImportItem'];
export type FieldError = Schemas['FieldError'];
export type ErrorBody = Schemas['ErrorBody'];
export type Instrument = Schemas['Instrument'];
export type Bars = Schemas['BarSeries'];
export type Study = Schemas['Study'];
export type StudyRange = Schemas['StudyRange'];
export type StudyEvaluation = Schemas['StudyEvaluation'];

/** One page of a list. */
export type Page<T> = {
  items: T[];
  next_cursor: string | null;
  total?: number | null;
};

/** Which sessions a log-out ends. */
export type LogOutScope = 'this' | 'others' | 'all';

/** What a list of saved objects is narrowed to; members left out do not narrow. */
export type SavedQuery = {
  q?: string;
  tag?: string;
  /** A project's id, or `none` for what is in no project. */
  project?: string;
  kind?: string;
  /** Exact after case folding: tells whether a name is free. */
  name?: string;
  pinned?: boolean;
  deleted?: boolean;
  shared?: boolean;
  sort?:
    | '-updated_at'
    | 'updated_at'
    | 'name'
    | '-name'
    | 'created_at'
    | '-created_at'
    /** Opened by the caller or changed by anyone, the later one. */
    | 'used_at'
    | '-used_at';
  limit?: number;
  cursor?: string;
  count?: boolean;
};
