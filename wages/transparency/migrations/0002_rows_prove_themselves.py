from django.db import migrations

from byhand.triggers import append_only

# The table itself refuses a leaf whose hash is not that of its entry, and any gap in the index.
HASHES = """
ALTER TABLE transparency_logleaf ADD CONSTRAINT logleaf_hash_fits
    CHECK (leaf_hash = sha256('\\x00'::bytea || entry));
ALTER TABLE transparency_checkpoint ADD CONSTRAINT checkpoint_root_is_sha256 CHECK (octet_length(root) = 32);
CREATE FUNCTION transparency_logleaf_dense() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.index <> (SELECT COALESCE(MAX(index) + 1, 0) FROM transparency_logleaf) THEN
        RAISE EXCEPTION 'the log has no gaps: % is not the next index', NEW.index USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transparency_logleaf_dense BEFORE INSERT ON transparency_logleaf
    FOR EACH ROW EXECUTE FUNCTION transparency_logleaf_dense();
"""
BACK = """
DROP TRIGGER transparency_logleaf_dense ON transparency_logleaf;
DROP FUNCTION transparency_logleaf_dense();
ALTER TABLE transparency_checkpoint DROP CONSTRAINT checkpoint_root_is_sha256;
ALTER TABLE transparency_logleaf DROP CONSTRAINT logleaf_hash_fits;
"""


class Migration(migrations.Migration):
    dependencies = [("transparency", "0001_initial")]
    operations = [
        migrations.RunSQL(HASHES, BACK),
        append_only("transparency_logleaf"),
        append_only("transparency_checkpoint"),
    ]
