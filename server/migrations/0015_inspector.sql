-- The academy that the circonscription of an inspector belongs to: names of circonscriptions repeat. Of roles given before it is
-- the inspector's own; of an inspector of none, the one that all teachers of that circonscription are of.
ALTER TABLE platform_role ADD COLUMN academy TEXT NOT NULL DEFAULT '';
UPDATE platform_role SET academy = COALESCE((SELECT person.academy FROM person WHERE person.id = platform_role.person_id), '')
    WHERE role = 'inspecteur';
UPDATE platform_role SET academy = COALESCE((SELECT CASE WHEN COUNT(DISTINCT person.academy) = 1 THEN MIN(person.academy) ELSE '' END
    FROM person WHERE person.circonscription = platform_role.scope AND person.academy <> ''), '')
    WHERE role = 'inspecteur' AND academy = '';
