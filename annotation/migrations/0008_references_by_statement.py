"""The foreign keys of products and pairs, checked once a statement instead of once a row.

PostgreSQL asks for the parent of every row by itself and locks it; in an import that was two
fifths of the database's time. Here one query of a statement looks at all of its rows. The lock
is that of a foreign key, one level up: who writes holds the project KEY SHARE, who removes a
product or a project holds it FOR UPDATE, so neither sees the world without the other. Two
indexes that only those keys needed go.
"""

import django.db.models.deletion
from django.db import migrations, models

# Plans are kept for the life of a connection: without the setting, one made for a small table
# would read all of it again for every row when it has grown.
FORWARD = """
ALTER TABLE annotation_pair DROP CONSTRAINT pair_of_project;

CREATE FUNCTION stepwise_product_written() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    PERFORM FROM annotation_project WHERE id IN (SELECT project_id FROM written) FOR KEY SHARE;
    IF EXISTS (SELECT FROM (SELECT DISTINCT project_id FROM written) w
               WHERE (SELECT p.id FROM annotation_project p WHERE p.id = w.project_id) IS NULL)
    THEN
        RAISE foreign_key_violation USING CONSTRAINT = 'product_of_project',
            MESSAGE = 'product_of_project: there is no such project';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER product_written AFTER INSERT ON annotation_product
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION stepwise_product_written();

CREATE FUNCTION stepwise_pair_written() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    PERFORM FROM annotation_project WHERE id IN (SELECT project_id FROM written) FOR KEY SHARE;
    IF EXISTS (SELECT FROM written w
               WHERE (SELECT p.project_id FROM annotation_product p WHERE p.id = w.product_id)
                   IS DISTINCT FROM w.project_id)
    THEN
        RAISE foreign_key_violation USING CONSTRAINT = 'pair_of_project',
            MESSAGE = 'pair_of_project: the project has no such product';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER pair_inserted AFTER INSERT ON annotation_pair
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION stepwise_pair_written();
CREATE TRIGGER pair_updated AFTER UPDATE ON annotation_pair
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION stepwise_pair_written();

CREATE FUNCTION stepwise_product_removed() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    PERFORM FROM annotation_project WHERE id IN (SELECT project_id FROM removed) FOR UPDATE;
    IF EXISTS (SELECT FROM removed r WHERE (
        SELECT p.id FROM annotation_pair p WHERE p.product_id = r.id LIMIT 1) IS NOT NULL)
    THEN
        RAISE foreign_key_violation USING CONSTRAINT = 'pair_of_project',
            MESSAGE = 'pair_of_project: the product still has pairs';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER product_removed AFTER DELETE ON annotation_product
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION stepwise_product_removed();

CREATE FUNCTION stepwise_project_removed() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM removed r WHERE (
        SELECT p.id FROM annotation_product p WHERE p.project_id = r.id LIMIT 1) IS NOT NULL)
    THEN
        RAISE foreign_key_violation USING CONSTRAINT = 'product_of_project',
            MESSAGE = 'product_of_project: the project still has products';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER project_removed AFTER DELETE ON annotation_project
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION stepwise_project_removed();

CREATE FUNCTION stepwise_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE foreign_key_violation USING MESSAGE = 'it keeps its number and its project';
END $$;
CREATE TRIGGER product_stays BEFORE UPDATE ON annotation_product FOR EACH ROW
    WHEN (OLD.id <> NEW.id OR OLD.project_id <> NEW.project_id)
    EXECUTE FUNCTION stepwise_stays();
CREATE TRIGGER project_stays BEFORE UPDATE ON annotation_project FOR EACH ROW
    WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION stepwise_stays();
"""
BACKWARD = """
DROP FUNCTION stepwise_product_written, stepwise_pair_written, stepwise_product_removed,
    stepwise_project_removed, stepwise_stays CASCADE;
ALTER TABLE annotation_pair ADD CONSTRAINT pair_of_project
    FOREIGN KEY (project_id, product_id) REFERENCES annotation_product (project_id, id)
    DEFERRABLE INITIALLY DEFERRED;
"""


def _of_project(related_name: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to="annotation.project",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0007_pair_of_project"),
    ]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveConstraint(model_name="product", name="product_of_project"),
        migrations.AlterField("pair", "project", _of_project("pairs")),
        migrations.AlterField("product", "project", _of_project("products")),
    ]
