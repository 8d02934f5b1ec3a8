namespace EmbeddingAdmin.Database.Tests.Tables;

/// <summary>The tables of the second database.</summary>
internal static class Shapes
{
    public const string OffThePath = "Vector Types";

    public static IReadOnlyList<Shape> All { get; } =
    [
        new("bigint identity", """
            create table notes (id bigint generated always as identity primary key, title text, body text, embedding @ext.vector(24));
            insert into notes (title, body) values ('One', 'First body'), ('Two', null), (null, 'Third body')
            """, "public.notes.embedding", "{title}\n{body}", ("1", "One\nFirst body"), ("2", "Two"), ("3", "Third body")),
        new("int serial", """
            create table comments (id serial primary key, comment text not null, embedding @ext.vector(24));
            insert into comments (comment) values ('one'), (E'two\nlines')
            """, "public.comments.embedding", "{comment}", ("1", "one"), ("2", "two\nlines")),
        new("negative and largest bigint", """
            create table extremes (id bigint primary key, name text, embedding @ext.vector(24));
            insert into extremes values (-9223372036854775808, 'least'), (0, 'nought'), (9223372036854775807, 'most')
            """, "public.extremes.embedding", "{name}", ("-9223372036854775808", "least"), ("0", "nought"), ("9223372036854775807", "most")),
        new("uuid", """
            create table people (id uuid primary key, email text, bio text, avatar_url text, embedding @ext.vector(24));
            insert into people values ('00000000-0000-0000-0000-00000000000a', 'a@example.org', 'Sails', 'https://example.org/a.png'), ('ffffffff-ffff-ffff-ffff-ffffffffffff', 'b@example.org', ' ', null)
            """, "public.people.embedding", "{bio}", ("00000000-0000-0000-0000-00000000000a", "Sails"), ("ffffffff-ffff-ffff-ffff-ffffffffffff", "")),
        new("text keys with slashes and odd characters", """
            create table pages (path text primary key, content text, embedding @ext.vector(24));
            insert into pages values ('a/b c?d=#e%2F&f', 'slashes'), ('../../etc/passwd', 'dots'), ('it''s "quoted"', 'quotes'), (E'back\\slash', 'back'), (E'two\nlines\t', 'lines'), ('ключ/🔑', 'key'), (' ', 'space'), ('', 'empty'),
              ('A', 'capital'), ('a', 'small'), ('{a,b}', 'braces'), ('null', 'null'), ('NULL', 'NULL')
            """, "public.pages.embedding", "{content}", ("a/b c?d=#e%2F&f", "slashes"), ("../../etc/passwd", "dots"), ("it's \"quoted\"", "quotes"), ("back\\slash", "back"), ("two\nlines\t", "lines"), ("ключ/🔑", "key"), (" ", "space"), ("", "empty"),
            ("A", "capital"), ("a", "small"), ("{a,b}", "braces"), ("null", "null"), ("NULL", "NULL")),
        new("text keys in another collation", """
            create table words (word text collate "C" primary key, note text, embedding @ext.vector(24));
            insert into words values ('Zebra', 'z'), ('apple', 'a'), ('Äpfel', 'ä')
            """, "public.words.embedding", "{note}", ("Zebra", "z"), ("apple", "a"), ("Äpfel", "ä")),
        new("halfvec", """
            create table half (id bigint generated always as identity primary key, body text, embedding @ext.halfvec(24));
            insert into half (body) select 'text ' || n from generate_series(1, 60) n
            """, "public.half.embedding", "{body}", [.. Enumerable.Range(1, 60).Select(n => ($"{n}", $"text {n}"))]) { Half = true },
        new("halfvec of full length", """
            create table half_long (id int primary key, body text, embedding @ext.halfvec(1536));
            insert into half_long values (1, 'one'), (2, 'two')
            """, "public.half_long.embedding", "{body}", ("1", "one"), ("2", "two")) { Half = true },
        new("vector without a size", """
            create table sizeless (id int primary key, body text, embedding @ext.vector);
            insert into sizeless values (1, 'one'), (2, 'two')
            """, "public.sizeless.embedding", "{body}", ("1", "one"), ("2", "two")) { WithoutSize = true },
        new("halfvec without a size", """
            create table half_sizeless (id int primary key, body text, embedding @ext.halfvec);
            insert into half_sizeless values (1, 'one')
            """, "public.half_sizeless.embedding", "{body}", ("1", "one")) { WithoutSize = true, Half = true },
        new("two dimensions", """
            create table thin (id int primary key, body text, embedding @ext.vector(2));
            insert into thin values (1, 'one'), (2, 'two')
            """, "public.thin.embedding", "{body}", ("1", "one"), ("2", "two")),
        new("jsonb as a whole", """
            create table documents (id int primary key, data jsonb, embedding @ext.vector(24));
            insert into documents values (1, '{"b": ["two", "three"], "a": "one", "n": 4, "no": false, "none": null, "blank": "  "}'), (2, '["x", "y"]'), (3, '"just text"'), (4, 'null'), (5, null), (6, '{}')
            """, "public.documents.embedding", "{data}", ("1", "a: one\nb: two, three\nn: 4\nno: false"), ("2", "x, y"), ("3", "just text"), ("4", ""), ("5", ""), ("6", "")),
        new("jsonb by paths", """
            create table articles_raw (id int primary key, meta jsonb not null, embedding @ext.vector(24));
            insert into articles_raw values (1, '{"author": {"name": "Ada", "born": 1815}, "tags": ["x", "y"], "it''s \"odd\"": "odd"}'), (2, '{"author": {"name": null}}'), (3, '{"author": "nobody", "tags": [["deep"]]}')
            """, "public.articles_raw.embedding", "{meta}", ("1", "By Ada\nx, y\nodd"), ("2", ""), ("3", "[\"deep\"]")) { Recipe = "By {meta->author->name}\n{meta -> tags}\n{meta->it's \"odd\"}" },
        new("json", """
            create table plain_json (id int primary key, payload json, embedding @ext.vector(24));
            insert into plain_json values (1, '{"z": "last", "a": "first"}'), (2, '{"a": {"deep": [1, 2]}}')
            """, "public.plain_json.embedding", "{payload}", ("1", "a: first\nz: last"), ("2", "a: {\"deep\": [1, 2]}")),
        new("NULLs and blanks", """
            create table holes (id int primary key, title text, body text, tags text[], genre text, embedding @ext.vector(24));
            insert into holes values (1, null, null, null, null), (2, '', E' \t\n\u00a0', '{}', null), (3, null, 'text', array[null, 'b', ''], null), (4, 'title', null, '{}', 'noir')
            """, "public.holes.embedding", "{title}\n{body}\nGenre: {genre}\nTags: {tags}", ("1", ""), ("2", ""), ("3", "text\nTags: b, "), ("4", "title\nGenre: noir")),
        new("right to left, emoji, bidi, markup and special tokens", """
            create table scripts (id int primary key, body text, embedding @ext.vector(24));
            insert into scripts values (1, 'مرحبا بالعالم'), (2, '👩‍👩‍👧 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿'), (3, E'left \u202Etfel\u202C'), (4, '<script>alert(1)</script>'), (5, '<|endoftext|>'), (6, E'\uFFFF e\u0301 é'), (7, E'\x01\x1b[31m'), (8, '日本語')
            """, "public.scripts.embedding", "{body}", ("1", "مرحبا بالعالم"), ("2", "👩‍👩‍👧 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿"), ("3", "left \u202Etfel\u202C"), ("4", "<script>alert(1)</script>"), ("5", "<|endoftext|>"), ("6", "\uFFFF e\u0301 é"), ("7", "\u0001\u001b[31m"), ("8", "日本語")),
        new("quoted names", """
            create table "Odd ""Table"" {x}" ("Row Id" bigint primary key, "Full Title" text, "we{ird}" text, "SELECT" text, "it's" text, "Embedding Of It" @ext.vector(24));
            insert into "Odd ""Table"" {x}" values (1, 'A title', 'braces', 'keyword', 'apostrophe'), (2, null, null, null, 'only')
            """, "public.\"Odd \"\"Table\"\" {x}\".Embedding Of It", "{Full Title}\nWe{{ird}}: {we{{ird}}}\nSelect: {SELECT}\nIt's: {it's}", ("1", "A title\nWe{ird}: braces\nSelect: keyword\nIt's: apostrophe"), ("2", "It's: only")),
        new("quoted schema", """
            create schema "My Schema.v2"; create table "My Schema.v2"."Case" (id int primary key, "Title" text, "Vec" @ext.vector(24));
            insert into "My Schema.v2"."Case" values (1, 'one')
            """, "\"My Schema.v2\".Case.Vec", "{Title}", ("1", "one")),
        new("columns that are called as our aliases are", """
            create table t (t text primary key, u text, k text, v text, h text, s text, key text, text text, rows text, state text, embedding @ext.vector(24));
            insert into t values ('a', 'u', 'k', 'v', 'h', 's', 'key', 'text', 'rows', 'state')
            """, "public.t.embedding", "{text}\nU: {u}\nK: {k}\nV: {v}\nH: {h}\nS: {s}\nRows: {rows}\nState: {state}", ("a", "text\nU: u\nK: k\nV: v\nH: h\nS: s\nRows: rows\nState: state")),
        new("enums", """
            create schema kinds; create type kinds."Mood" as enum ('Very happy', 'sad');
            create table moods (id int primary key, title text, mood kinds."Mood", embedding @ext.vector(24));
            insert into moods values (1, 'one', 'Very happy'), (2, null, 'sad'), (3, null, null)
            """, "public.moods.embedding", "{title}\nMood: {mood}", ("1", "one\nMood: Very happy"), ("2", "Mood: sad"), ("3", "")),
        new("a unique key beside a composite primary one", """
            create table articles (region int, number int, slug text not null unique, title text, embedding @ext.vector(24), primary key (region, number));
            insert into articles values (1, 1, 'eu/one', 'One'), (1, 2, 'eu/two', 'Two')
            """, "public.articles.embedding", "{title}", ("eu/one", "One"), ("eu/two", "Two")) { Key = "slug" },
        new("a unique key without a primary one", """
            create table loose (code uuid not null, title text, embedding @ext.vector(24)); create unique index on loose (code) include (title);
            insert into loose values ('00000000-0000-0000-0000-000000000001', 'One')
            """, "public.loose.embedding", "{title}", ("00000000-0000-0000-0000-000000000001", "One")) { Key = "code" },
        new("partitioned by hash", """
            create table parted (id bigint primary key, body text, embedding @ext.vector(24)) partition by hash (id);
            create table parted_0 partition of parted for values with (modulus 2, remainder 0); create table parted_1 partition of parted for values with (modulus 2, remainder 1);
            insert into parted select n, 'row ' || n from generate_series(1, 12) n
            """, "public.parted.embedding", "{body}", [.. Enumerable.Range(1, 12).Select(n => ($"{n}", $"row {n}"))]),
        new("filter on an enum", """
            create type published as enum ('draft', 'published');
            create table posts (id int primary key, title text, status published, embedding @ext.vector(24));
            insert into posts values (1, 'one', 'draft'), (2, 'two', 'published'), (3, 'three', null)
            """, "public.posts.embedding", "{title}", ("2", "two")) { Filter = "status=eq.published" },
        new("filter on what is not deleted", """
            create table kept (id int primary key, body text, deleted_at timestamptz, "Kind Of" varchar(3), embedding @ext.vector(24));
            insert into kept values (1, 'one', null, 'abc'), (2, 'two', now(), 'abc'), (3, 'three', null, 'abd'), (4, 'four', null, null)
            """, "public.kept.embedding", "{body}\nKind of: {Kind Of}", ("3", "three\nKind of: abd"), ("4", "four")) { Filter = "deleted_at=is.null&Kind Of=not.in.(abc,abcd)" },
        new("varchar and char", """
            create table fixed (id int primary key, name varchar(20), code char(5), embedding @ext.vector(24));
            insert into fixed values (1, 'one', 'ab')
            """, "public.fixed.embedding", "{name}\nCode: {code}", ("1", "one\nCode: ab")),
        new("only an array", """
            create table tagged (id int primary key, keywords text[], embedding @ext.vector(24));
            insert into tagged values (1, '{b,a}'), (2, '{}'), (3, null)
            """, "public.tagged.embedding", "Keywords: {keywords}", ("1", "Keywords: b, a"), ("2", ""), ("3", "")),
        new("numbers and several columns in a line", """
            create table films (id int primary key, title text, year int, rating numeric(3,1), seen bool, released date, embedding @ext.vector(24));
            insert into films values (1, 'Metropolis', 1927, 8.3, true, '1927-01-10'), (2, 'Lost', null, null, null, null), (3, null, 1930, null, null, null)
            """, "public.films.embedding", "{title}", ("1", "Metropolis (1927)\n8.3 true 1927-01-10"), ("2", "Lost ()"), ("3", " (1930)")) { Recipe = "{title} ({year})\n{rating} {seen} {released}" },
        new("two vector columns, the first", """
            create table double (id int primary key, title text, body text, title_embedding @ext.vector(24), body_embedding @ext.halfvec(24));
            insert into double values (1, 'title', 'body')
            """, "public.double.title_embedding", "{title}\n{body}", ("1", "title")) { Recipe = "{title}" },
        new("two vector columns, the second", "", "public.double.body_embedding", "{title}\n{body}", ("1", "body")) { Recipe = "{body}", Half = true },
        new("generated text and a trigger that touches the row", """
            create table touched (id int primary key, first text, summary text generated always as (upper(first)) stored, updated_at timestamptz, embedding @ext.vector(24));
            create function touch() returns trigger language plpgsql as 'begin new.updated_at := clock_timestamp(); return new; end';
            create trigger touch before update on touched for each row execute function touch();
            insert into touched (id, first) values (1, 'one')
            """, "public.touched.embedding", "{summary}", ("1", "ONE")) { SetsOff = true },
        new("row-level security, which this role bypasses", """
            create table guarded (id int primary key, body text, embedding @ext.vector(24)); alter table guarded enable row level security; alter table guarded force row level security;
            insert into guarded values (1, 'one')
            """, "public.guarded.embedding", "{body}", ("1", "one")),
        new("no column but an aside", """
            create table links (id int primary key, url text, embedding @ext.vector(24));
            insert into links values (1, 'https://example.org')
            """, "public.links.embedding", "Url: {url}", ("1", "Url: https://example.org")),
        new("unlogged, with an index on the vectors", """
            create unlogged table indexed (id int primary key, body text, embedding @ext.vector(24)); create index on indexed using hnsw (embedding @ext.vector_cosine_ops);
            insert into indexed select n, 'row ' || n from generate_series(1, 30) n
            """, "public.indexed.embedding", "{body}", [.. Enumerable.Range(1, 30).Select(n => ($"{n}", $"row {n}"))]) { SetsOff = true },

        new("the extension in public", """
            create table items (id bigint primary key, title text, embedding @ext.vector(24)); insert into items values (1, 'one')
            """, "public.items.embedding", "{title}", ("1", "one")) { Extension = "public" },
        new("the extension in public, halfvec", """
            create table half_items (id bigint primary key, title text, embedding @ext.halfvec(24)); insert into half_items values (1, 'one')
            """, "public.half_items.embedding", "{title}", ("1", "one")) { Extension = "public", Half = true },
        new("the extension off the search path", """
            create table items (id bigint primary key, title text, embedding @ext.vector(24)); insert into items values (1, 'one')
            """, "public.items.embedding", "{title}", ("1", "one")) { Extension = OffThePath },
        new("the extension off the search path, halfvec", """
            create schema shop; create table shop.items (id bigint primary key, title text, embedding @ext.halfvec(24)); insert into shop.items values (1, 'one'), (2, 'two')
            """, "shop.items.embedding", "{title}", ("1", "one"), ("2", "two")) { Extension = OffThePath, Half = true },
        new("the extension off the search path, without a size", """
            create table bare (id uuid primary key, title text, embedding @ext.vector); insert into bare values ('00000000-0000-0000-0000-000000000001', 'one')
            """, "public.bare.embedding", "{title}", ("00000000-0000-0000-0000-000000000001", "one")) { Extension = OffThePath, WithoutSize = true },
    ];
}
