using System.Security.Cryptography;
using System.Text;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access;

/// <summary>
/// What else an update of a table's vectors sets off: triggers, rules, publications, webhooks, and the indexes that are kept up. Whoever starts
/// a run has to have seen the list; its fingerprint says which list it was.
/// </summary>
public sealed class WriteNeighbours
{
    private const int FingerprintDigits = 12;

    private WriteNeighbours(IReadOnlyList<WriteNeighbour> all) => All = all;

    /// <summary>An update sets off nothing, as in a run that writes none.</summary>
    public static WriteNeighbours None { get; } = new([]);

    /// <summary>All of them, in the order of their kinds.</summary>
    public IReadOnlyList<WriteNeighbour> All { get; }

    /// <summary>
    /// Stands for what is on the list, however often it fires: the same as long as nothing is added, taken away or made anew in another way. Null
    /// for an empty list, which nobody has to agree to.
    /// </summary>
    public string? Fingerprint => All.Count == 0 ? null
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', All.Select(each => $"{each.Kind}\t{each.Name}\t{each.Definition}").Order(StringComparer.Ordinal)))))[..FingerprintDigits];

    /// <summary>The list, from what the catalog says.</summary>
    /// <param name="facts">What has a say in an update of the vector.</param>
    /// <param name="target">The table.</param>
    /// <param name="volume">How much would be written.</param>
    public static WriteNeighbours Of(WriteFacts facts, Target target, WriteVolume volume)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(volume);
        var atMost = volume.AtMost ? "up to" : "";
        return new(
        [
            .. facts.Triggers.Select(trigger => Of(trigger, volume)).OrderBy(neighbour => neighbour.Kind),
            .. facts.Rules.Select(rule => new WriteNeighbour(NeighbourKind.Rule, rule.Name,
                $"The rule {rule.Name} will fire {Times(volume.Updates, "about", "update")}: it {(rule.Instead ? "takes the place of" : "adds to")} every update of up to {volume.PageSize:N0} rows.", volume.Updates)
                { Definition = rule.Definition }),
            .. facts.Publications.Select(name => new WriteNeighbour(NeighbourKind.Publication, name,
                $"The publication {name} will fire {Times(volume.Rows, atMost, "row")}: every update is broadcast to whoever listens, and the vector alone is {Room.Words(target.VectorBytes)}{Total(volume.Rows * target.VectorBytes)}.", volume.Rows)),
            .. facts.VectorIndexes.Select(index => new WriteNeighbour(NeighbourKind.Index, index.Name,
                $"The index {index.Name} ({index.Method}{(index.Bytes > 0 ? $", {Room.Words(index.Bytes)}" : "")}) will be kept up {Times(volume.Rows, atMost, "row")}: every vector is put into it as it is written.", volume.Rows)
                { Definition = index.Definition }),
        ]);
    }

    /// <summary>Refuses a start that sets off what nobody has agreed to.</summary>
    /// <param name="accepts">The fingerprint of the list that was agreed to; null when none was.</param>
    /// <param name="target">The table.</param>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.NeighboursNotAccepted"/>, with the list.</exception>
    public void RefuseUnless(string? accepts, Target target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (Fingerprint is not { } now || now == accepts)
            return;
        var table = $"{target.Table.Schema}.{target.Table.Table}";
        var list = string.Join(' ', All.Select(each => each.Sentence));
        throw new EmbeddingAdminException(ErrorCodes.NeighboursNotAccepted, accepts is null
            ? $"An update of {table} sets off more than itself, and nobody has agreed to that. No run was started and no text was sent. {list} If that may happen, tick that you have seen it in the start panel, or start with --accept-neighbours in a terminal."
            : $"What an update of {table} sets off has changed since it was shown. No run was started and no text was sent. Now it is this: {list} Look at it again, and start then.");
    }

    private static WriteNeighbour Of(TriggerFacts trigger, WriteVolume volume)
    {
        var fires = trigger.ForEachRow ? volume.Rows : volume.Updates;
        // A condition may keep it from firing, nobody can tell for how many rows; and a page is split when the database is slow.
        var how = !trigger.ForEachRow ? "about" : volume.AtMost || trigger.Definition.Contains(" WHEN (", StringComparison.Ordinal) ? "up to" : "";
        var often = Times(fires, how, trigger.ForEachRow ? "row" : "update");
        var each = trigger.ForEachRow ? "row" : $"update of up to {volume.PageSize:N0} rows";
        var when = trigger.Timing switch
        {
            TriggerTiming.Before => $"before each {each}",
            TriggerTiming.Deferred => $"at the commit, for each {each}",
            TriggerTiming.InsteadOf => $"in place of each {each}",
            _ => $"after each {each}",
        };
        var (kind, sentence) = trigger.Purpose switch
        {
            TriggerPurpose.Timestamp => (NeighbourKind.Timestamp,
                $"The trigger {trigger.Name} will fire {often}, {when}: it writes the time of the change, so that rows look edited of which only the vector is new."),
            TriggerPurpose.Webhook => (NeighbourKind.Webhook, $"The webhook {trigger.Name} will fire {often}: an HTTP request for each {each}."),
            TriggerPurpose.AutomaticEmbedding => (NeighbourKind.AutomaticEmbedding,
                $"The trigger {trigger.Name} of an automatic embedding will fire {often}, {when}: it clears the vector or queues the row to be embedded by somebody else, and so competes with the run for the column."),
            _ => (NeighbourKind.Trigger, $"The trigger {trigger.Name} will fire {often}, {when}: it calls {trigger.Function}."),
        };
        return new(kind, trigger.Name, sentence, fires) { Definition = trigger.Definition };
    }

    private static string Times(long? times, string how, string each) => times switch
    {
        null => $"for each {each}",
        1 => how is "up to" ? "at most once" : "once",
        _ => $"{how} {times:N0} times".TrimStart(),
    };

    private static string Total(long? bytes) => bytes is { } all and > 0 ? $", {Room.Words(all)} in all" : "";
}
