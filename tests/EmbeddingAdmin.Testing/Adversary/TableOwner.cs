using EmbeddingAdmin.Testing.Provider;
using Npgsql;

namespace EmbeddingAdmin.Testing.Adversary;

/// <summary>
/// The adversary: whoever owns the table puts obstacles in the way of its updates and takes them away again, at random. Each acts within the statement
/// or the transaction that updates a row, and nothing else ever touches a row: whatever is read back after a commit stays as it is.
/// </summary>
internal sealed class TableOwner(AdversarySite site, int seed, Action<string> tell)
{
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, string> _standing = new(StringComparer.Ordinal);

    /// <summary>Puts an obstacle up or takes one away: the more there are, the likelier the latter.</summary>
    public async Task ActAsync(CancellationToken cancel)
    {
        if (_random.Next(6) < 2 * _standing.Count)
        {
            await GiveWayAsync(cancel);
            return;
        }

        var kinds = Obstacles();
        var kind = kinds[_random.Next(kinds.Length)];
        var (name, up, down) = kind[_random.Next(kind.Length)];
        if (!_standing.ContainsKey(name) && await DoAsync($"makes {name}", up, cancel))
            _standing[name] = down;
    }

    /// <summary>Takes one of the obstacles away, if there is any.</summary>
    public async Task GiveWayAsync(CancellationToken cancel)
    {
        if (_standing.Count == 0)
            return;
        var (name, undo) = _standing.ElementAt(_random.Next(_standing.Count));
        await DoAsync($"takes away {name}", undo, cancel);
        _standing.Remove(name);
    }

    /// <summary>Acts at random requests to the provider, until it is told to stop.</summary>
    public async Task MeddleAsync(ProviderCounts counts, CancellationToken stop)
    {
        try
        {
            for (var at = counts.Calls; ;)
            {
                at += _random.Next(1, 5);
                await counts.WhenAsync(seen => seen.Calls >= at, stop);
                // Begun while pages are written, it is let in by their commit, and comes before they are read back.
                await ActAsync(CancellationToken.None);
            }
        }
        catch (OperationCanceledException)
        {
            // The run stands.
        }
    }

    /// <summary>Takes everything away.</summary>
    public async Task CalmAsync(CancellationToken cancel)
    {
        while (_standing.Count > 0)
            await GiveWayAsync(cancel);
    }

    private async Task<bool> DoAsync(string what, string sql, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                // A lock that is not had at once keeps everybody else waiting behind it.
                await site.Database.ExecuteAsync($"set local lock_timeout = '1s'; {sql}", cancel);
                tell($"the owner {what}");
                return true;
            }
            catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected && tries < 10)
            {
                // Tried again: what is standing has to be known.
            }
        }
    }

    /// <summary>What can be put in the way, by kind; triggers come in two kinds, because they lie best.</summary>
    private (string Name, string Up, string Down)[][] Obstacles()
    {
        const string Constant = "array_fill(0.125, array[24])::extensions.vector";
        var (role, modulus) = (site.Role, _random.Next(2, 6));
        // Mostly the first row is spared, which is the one that a start tries.
        var some = _random.Next(4) switch { 0 => "true", 1 => $"new.id % {modulus} = 1", _ => $"new.id % {modulus} = 0" };
        return
        [
            [
                Trigger("a trigger that drops rows", "before update", $"if {some} then return null; end if; return new;"),
                Trigger("a trigger that keeps the old vector", "before update", $"if {some} then new.embedding := old.embedding; end if; return new;"),
                Trigger("a trigger that rewrites the vector", "before update", $"if {some} then new.embedding := {Constant}; end if; return new;"),
            ],
            [
                Trigger("a trigger that resets the vector", "after update", $"if pg_trigger_depth() < 2 and {some} then update stories set embedding = null where id = new.id; end if; return null;"),
                // Only what is new: a rewriting trigger would make it go on without an end.
                Trigger("a trigger that resets the vector at the commit", "deferred", $"if new.embedding is not null and new.embedding is distinct from old.embedding and {some} then update stories set embedding = null where id = new.id; end if; return null;"),
            ],
            [
                ("row-level security", "alter table stories enable row level security", "alter table stories disable row level security"),
                ("forced row-level security", "alter table stories enable row level security, force row level security", "alter table stories disable row level security, no force row level security"),
                Policy("a policy for everything", "for all using (true)"),
                Policy("a policy for reading", "for select using (true)"),
                Policy("a restrictive policy", $"as restrictive for update using (id % {modulus} = 0)"),
                Policy("a policy that lets no changed row through", "for update using (true) with check (false)"),
            ],
            [
                Rule("a rule that does nothing", ""),
                Rule("a rule that does nothing for some", $"where {some}"),
                ("a missing grant to update", $"revoke update on stories from {role}", $"grant update on stories to {role}"),
                ("a missing grant to read", $"revoke select on stories from {role}", $"grant select on stories to {role}"),
                ("grants for single columns", $"revoke select, update on stories from {role}; grant select (id, embedding), update (embedding) on stories to {role}", $"grant select, update on stories to {role}"),
            ],
        ];

        (string, string, string) Trigger(string name, string when, string body)
        {
            var id = Id(name);
            var kind = when == "deferred" ? $"constraint trigger {id} after update on stories deferrable initially deferred" : $"trigger {id} {when} on stories";
            return (name, $"create or replace function {id}() returns trigger language plpgsql as $$ begin {body} end $$; create {kind} for each row execute function {id}()", $"drop trigger {id} on stories");
        }

        static (string, string, string) Policy(string name, string what) => (name, $"create policy {Id(name)} on stories {what}", $"drop policy {Id(name)} on stories");

        static (string, string, string) Rule(string name, string where) => (name, $"create rule {Id(name)} as on update to stories {where} do instead nothing", $"drop rule {Id(name)} on stories");

        static string Id(string name) => name.Replace(' ', '_');
    }
}
