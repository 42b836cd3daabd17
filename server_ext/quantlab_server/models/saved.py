"""Saved objects: one set of tables for workflows, layouts, indicators and strategies.

``user_id`` is always the owner, also on rows that a person with edit access wrote; ``author_id`` says who wrote.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from quantlab_server.db.base import Base, OwnedMixin, now
from quantlab_server.db.types import UtcDateTime

NO_PROJECT = UUID(int=0)  # unique indexes take two NULLs for different, so "no project" is a value

# Through the owner too, so that nobody can hang a row (a share, a version) on another's object: checked without
# row-level security, which a policy that looks at saved_objects from object_shares could not do without a circle.
_OBJECT = ["saved_objects.tenant_id", "saved_objects.user_id", "saved_objects.id"]
_OBJECT_KEY = ["tenant_id", "user_id", "object_id"]
_USER = ["users.tenant_id", "users.id"]


class Project(OwnedMixin, Base):
    """A folder for saved objects of one owner."""

    __tablename__ = "projects"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], _USER, ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "user_id", "name_key"),
    )

    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(600))
    description: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class SavedObject(OwnedMixin, Base):
    """The object as it is today. ``resource`` is the URL's noun, ``kind`` the flavour within it."""

    __tablename__ = "saved_objects"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], _USER, ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "user_id", "id"),
        Index(
            "uq_saved_objects_name",
            "tenant_id",
            "user_id",
            "resource",
            "kind",
            "project_key",
            "name_key",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        # One per sort order, and only over what is not deleted: a page costs the same however much is kept.
        Index(
            "ix_saved_objects_recent",
            "tenant_id",
            "user_id",
            "resource",
            "updated_at",
            "id",
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "ix_saved_objects_created",
            "tenant_id",
            "user_id",
            "resource",
            "created_at",
            "id",
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "ix_saved_objects_by_name",
            "tenant_id",
            "user_id",
            "resource",
            "name_key",
            "id",
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("ix_saved_objects_project", "tenant_id", "user_id", "project_key", "resource"),
        Index(
            "ix_saved_objects_purge",
            "tenant_id",
            "deleted_at",
            sqlite_where=text("deleted_at IS NOT NULL"),
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
    )

    resource: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(600))
    description: Mapped[str] = mapped_column(default="")
    # Tags joined by line feeds, for lists; object_tags is what filters use.
    tags: Mapped[str] = mapped_column(default="")
    # Case-folded name, description and tags: what ?q= looks in.
    search_text: Mapped[str] = mapped_column(default="")
    # NO_PROJECT when in none. No foreign key: deleting a project moves its objects out first.
    project_key: Mapped[UUID] = mapped_column(default=NO_PROJECT)
    pinned: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    size: Mapped[int] = mapped_column(BigInteger)
    # The version that the row of object_thumbnails shows; None: there is none.
    thumbnail_version: Mapped[int | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ObjectTag(Base):
    """A tag on an object, for filters and suggestions."""

    __tablename__ = "object_tags"
    __table_args__ = (
        ForeignKeyConstraint(_OBJECT_KEY, _OBJECT, ondelete="CASCADE"),
        Index("ix_object_tags_tag", "tenant_id", "user_id", "tag_key", "object_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    tag_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    user_id: Mapped[UUID] = mapped_column()
    tag: Mapped[str] = mapped_column(String(50))


class Content(Base):
    """Bytes stored once per owner and hash: zstd level 3 of the canonical form; the hash is of the canonical form.

    The owner's ``storage`` counter is the sum of the lengths of ``data`` here and of thumbnails, plus
    ``stored_bytes`` of drafts. A row goes when the last version that names it is purged; savers and the purge meet
    on the row's lock.
    """

    __tablename__ = "contents"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "user_id"], _USER, ondelete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ObjectVersion(Base):
    """One kept version. Its content is ``contents`` of the same owner and hash; several may share one."""

    __tablename__ = "object_versions"
    __table_args__ = (
        ForeignKeyConstraint(_OBJECT_KEY, _OBJECT, ondelete="CASCADE"),
        Index("ix_object_versions_hash", "tenant_id", "user_id", "content_hash"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column()
    author_id: Mapped[UUID] = mapped_column()
    source: Mapped[str] = mapped_column(String(20))
    # False when a token or an import wrote it: such a version never runs by itself.
    in_person: Mapped[bool] = mapped_column(default=True)
    # First version of the unbroken run of versions up to this one that this author wrote in person; this version
    # when it starts the run. Tells in one look-up whether somebody else's hand came in since a given version.
    own_since: Mapped[int] = mapped_column()
    restored_from: Mapped[int | None] = mapped_column()
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ObjectDraft(Base):
    """The autosave buffer of one person for one object; ``drafter_id`` is that person, ``user_id`` the owner."""

    __tablename__ = "object_drafts"
    __table_args__ = (ForeignKeyConstraint(_OBJECT_KEY, _OBJECT, ondelete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    drafter_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column()
    # Revisions never start again at 1 for an object, so that an old tab's If-Match cannot fit a newer draft.
    revision: Mapped[int] = mapped_column()
    base_version: Mapped[int] = mapped_column()
    in_person: Mapped[bool] = mapped_column(default=True)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    size: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    # Length of ``data`` before it was discarded: what an open draft counts against the owner's storage.
    stored_bytes: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # A discarded or saved draft leaves its revision behind (and no content).
    discarded: Mapped[bool] = mapped_column(default=False)


class ObjectTrust(Base):
    """What one person executed or trusted of one object: ``person_id`` is that person, ``user_id`` the owner."""

    __tablename__ = "object_trust"
    __table_args__ = (ForeignKeyConstraint(_OBJECT_KEY, _OBJECT, ondelete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column()
    trusted_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    run_version: Mapped[int | None] = mapped_column()
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ObjectThumbnail(Base):
    """A small picture of an object (PNG), made by a page that saved it; the object says of which version."""

    __tablename__ = "object_thumbnails"
    __table_args__ = (ForeignKeyConstraint(_OBJECT_KEY, _OBJECT, ondelete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column()
    data: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ObjectOpening(Base):
    """When one person last opened an object: ``person_id`` is that person, ``user_id`` the owner."""

    __tablename__ = "object_openings"
    __table_args__ = (ForeignKeyConstraint(_OBJECT_KEY, _OBJECT, ondelete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column()
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ObjectShare(Base):
    """Access for another person of the tenant; ``user_id`` is the owner."""

    __tablename__ = "object_shares"
    __table_args__ = (
        CheckConstraint("access IN ('view', 'edit')", name="access"),
        ForeignKeyConstraint(_OBJECT_KEY, _OBJECT, ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["tenant_id", "grantee_id"],
            _USER,
            ondelete="CASCADE",
            name="fk_object_shares_grantee",
        ),
        Index("ix_object_shares_grantee", "tenant_id", "grantee_id", "object_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    grantee_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column()
    access: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class UsageCounter(Base):
    """How much of a quota an owner uses: ``what`` is a resource or ``storage`` (bytes)."""

    __tablename__ = "usage_counters"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "user_id"], _USER, ondelete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger, default=0)
