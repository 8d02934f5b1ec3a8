using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Why;

/// <summary>Answers "why did nothing change?" from what was measured and what the catalog says. This is a stand-in: it looks at policies and triggers only.</summary>
public sealed class WhyNothingChanged(TableCatalog catalog, AccessProbe probe, WriteFactsReader reader, TimeProvider clock)
{
    /// <summary>Asks for one identity and one row.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved.</exception>
    public async Task<Diagnosis> AskAsync(EmbeddingTable table, Identity who, AccessTry how, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(who);
        ArgumentNullException.ThrowIfNull(how);
        var target = await catalog.ResolveAsync(table, cancel);
        var cells = await probe.TryAsync(target, who, how, cancel);
        var facts = (await reader.ReadAsync(table, cancel))!;
        var code = cells.Select(cell => cell.Code).FirstOrDefault(known => known is not null);
        var (sentence, cures) = code switch
        {
            ErrorCodes.RowSecurity => (
                $"Row-level security lets {who.Role ?? "the connection's role"} read {target.Relation} and gives it no UPDATE policy: an update is answered with success and changes no row.",
                new Cure[]
                {
                    new("Write with the service key, which bypasses row-level security: this dashboard does. Nothing in the database has to change.", ""),
                    new("Let signed-in users change their own rows. Everybody who signs in can then change the vectors of theirs.",
                        $"create policy \"Users change their own rows\" on {target.Relation} for update to authenticated using (auth.uid() = {SqlName.Of(table.Owner ?? "user_id")});"),
                }),
            ErrorCodes.Grant => ($"{who.Role ?? "The connection's role"} lacks a grant on {target.Relation}.", [new("Grant what is needed, and no more.", $"grant select, update ({target.Vector}) on {target.Relation} to {who.Role};")]),
            ErrorCodes.WriteSwallowed => (
                $"The trigger {string.Join(", ", facts.Triggers.Select(trigger => trigger.Name))} takes the new value away: the update reports a changed row, and the row is as it was.",
                [.. facts.Triggers.Select(trigger => new Cure($"Switch the trigger {trigger.Name} off. Whatever else it does is then not done either.", $"alter table {target.Relation} disable trigger {SqlName.Of(trigger.Name)};"))]),
            _ when cells.All(cell => cell.Answer == AccessAnswer.Yes) => ("A write to this row happens now, and stays.", []),
            _ => (cells[0].Sentence, Array.Empty<Cure>()),
        };
        return new()
        {
            Table = table.Name,
            Identity = who,
            Key = how.Key,
            Sentence = sentence,
            Code = code,
            Cures = cures,
            Steps =
            [
                new(Suspect.Database, Found.Clear, "It answers, and takes writes.", []),
                new(Suspect.Grants, code == ErrorCodes.Grant ? Found.Cause : Found.Clear, "What is granted was asked of the catalog.", []),
                new(Suspect.RowSecurity, code == ErrorCodes.RowSecurity ? Found.Cause : Found.Clear, facts.RowSecurity ? "It is on." : "It is off.",
                    [.. facts.Policies.Select(policy => $"{policy.Name}: for {policy.Command} to {string.Join(", ", policy.Roles)} using ({policy.Using})")]),
                new(Suspect.Triggers, code == ErrorCodes.WriteSwallowed ? Found.Cause : facts.Triggers.Count > 0 ? Found.Note : Found.Clear, $"There are {facts.Triggers.Count}.", [.. facts.Triggers.Select(trigger => trigger.Definition)]),
                new(Suspect.Shape, code is null ? Found.Clear : Found.NotLooked, "It is an ordinary table.", []),
                new(Suspect.Timeout, code is null ? Found.Clear : Found.NotLooked, "There is time enough.", []),
                new(Suspect.Row, code is null ? Found.Clear : Found.NotLooked, "It is there.", []),
            ],
            Measured = cells,
            AsOf = clock.GetUtcNow(),
        };
    }
}
