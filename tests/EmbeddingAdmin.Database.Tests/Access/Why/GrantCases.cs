using EmbeddingAdmin.Access.Why;

namespace EmbeddingAdmin.Database.Tests.Access.Why;

/// <summary>Grants that are not there, and the least that is enough.</summary>
public static class GrantCases
{
    private const string Rls = "alter table stories enable row level security; ";
    private const string Read = "create policy \"read\" on stories for select using (true); ";

    public static IReadOnlyList<WhyCase> All { get; } =
    [
        new()
        {
            Name = "a table that nobody was granted", Who = "serviceRole-sql", Setup = "select 1", Cells = "No No No", Cause = Suspect.Grants, Code = ErrorCodes.Grant,
            Says = "grants a new table to nobody, not even to service_role", Cure = "grant select (\"id\", \"title\", \"content\", \"genre\", \"tags\", \"user_id\", \"embedding\"), update (\"embedding\") on \"public\".\"stories\" to \"service_role\";",
        },
        new()
        {
            Name = "a role that may read and not update", Who = "connection-sql", Setup = "grant select on stories to writer", Cells = "Yes No No", Cause = Suspect.Grants, Code = ErrorCodes.Grant,
            Says = "it lacks UPDATE of embedding on public.stories", Cure = "grant update (\"embedding\") on \"public\".\"stories\" to",
        },
        new()
        {
            Name = "a role that may update the vector and read nothing", Who = "connection-sql", Setup = "grant update (embedding) on stories to writer", Cells = "No No No", Cause = Suspect.Grants, Code = ErrorCodes.Grant,
            Says = "it lacks SELECT of id, title, content, genre, tags, user_id, embedding", Cure = "grant select (\"id\"",
        },
        new()
        {
            Name = "a role that may update the vector and read the key", Who = "connection-sql", Setup = "grant select (id, user_id), update (embedding) on stories to writer", Cells = "Yes Yes No", Cause = Suspect.Grants, Code = ErrorCodes.Grant,
            Says = "it lacks SELECT of title, content, genre, tags, embedding", Cure = "grant select (\"title\", \"content\", \"genre\", \"tags\", \"embedding\") on",
        },
        new()
        {
            Name = "a role that may do all of it but read the texts", Who = "connection-sql", Setup = "grant select (id, user_id, embedding), update (embedding) on stories to writer", Cells = "Yes Yes Yes", Cause = Suspect.Grants, Code = ErrorCodes.Grant,
            Says = "may update the vector and may not read what it is made from: it lacks SELECT of title, content, genre, tags", Cure = "grant select (\"title\", \"content\", \"genre\", \"tags\") on",
        },
        new()
        {
            Name = "a role that may not use the table's schema", Who = "connection-sql", Setup = "revoke usage on schema public from public; grant select, update on stories to writer", Cells = "No No No", Cause = Suspect.Grants, Code = ErrorCodes.Grant,
            Says = "it lacks USAGE of the schema public", Cure = "grant usage on schema \"public\" to",
        },
        new()
        {
            Name = "a role that may not use the extension's schema", Who = "connection-sql", Setup = "revoke usage on schema extensions from writer; grant select, update on stories to writer", Cells = "Yes Yes No", Cause = Suspect.Grants, Code = ErrorCodes.Grant,
            Says = "it lacks USAGE of the schema extensions", Cure = "grant usage on schema \"extensions\" to",
        },
        new() { Name = "the least that is enough", Who = "connection-sql", Setup = "grant select (id, user_id, title, content, genre, tags, embedding), update (embedding) on stories to writer", Cells = "Yes Yes Yes", Says = "can change this row of public.stories: the test vector was in it" },
        new()
        {
            Name = "anon without a grant", Who = "anon-sql", Setup = Rls + "grant select on stories to anon; grant select, update on stories to service_role; " + Read, Cells = "Yes No No", Cause = Suspect.Grants, Code = ErrorCodes.Grant,
            Says = "it lacks UPDATE of embedding on public.stories. That is as it should be: anon is everybody on the internet", Instead = "serviceRole-sql",
        },
        new()
        {
            Name = "the row's owner without a grant, where row-level security is off", Who = "owner-sql", Setup = "select 1", Cells = "No No No", Cause = Suspect.Grants, Code = ErrorCodes.Grant,
            Says = "it lacks SELECT of id and UPDATE of embedding", Cure = "alter table \"public\".\"stories\" enable row level security;",
        },
    ];
}
