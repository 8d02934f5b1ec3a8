using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using Npgsql;

namespace EmbeddingAdmin.Access.Why;

/// <summary>The row itself: it is gone, was edited since, holds the value already, or is none that a run means.</summary>
public sealed class RowSuspect(RowInspector rows)
{
    internal async Task<Finding> LookAsync(Inquiry inquiry, CancellationToken cancel)
    {
        if (inquiry is not { Target: { } target, Unusable: null })
            return Finding.NotLooked("There is no table whose row could be looked at.");
        if ((inquiry.Trace.Key ?? inquiry.How.Key) is not { } key)
            return inquiry.Trace.NoRow ? Finding.Cause(null, $"{inquiry.Name}: {inquiry.Trace.Cells[0].Sentence} There is nothing to change.", []) : Finding.NotLooked("No row was at hand.");
        try
        {
            return await rows.ReadAsync(target, key, cancel) is { } row
                ? Of(inquiry, row)
                : Finding.Cause(ErrorCodes.RowKey, $"There is no row {key} in {inquiry.Name}: it was deleted, or never was. An update of it reports success and changes no row, just as if policies filtered it. Nothing was written.", []);
        }
        catch (EmbeddingAdminException fault)
        {
            return Finding.NotLooked(fault.Message);
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return Finding.NotLooked($"What this program knows of the row could not be read ({refused.SqlState}).");
        }
    }

    private static Finding Of(Inquiry inquiry, RowFacts row)
    {
        string[] details = [$"the row {row.Key}: {ScopeWords.Of(row.State)}", .. row.Stamp is { } known ? [$"run {known.Run} wrote its vector at {known.At:u}, by {known.MadeBy.Model}"] : Array.Empty<string>()];
        if (!row.Counts)
            return Finding.Cause(null, $"The filter of {inquiry.Table.Name} leaves the row {row.Key} out, so that runs leave it alone. Nothing is wrong with it.", details);
        if (inquiry.Trace.NoRow)
            return Finding.Cause(null, $"The row {row.Key} is there, and it could not be tried: {inquiry.Trace.Cells[0].Sentence}", details);
        return (row.State, row.Stamp) switch
        {
            (CoverageState.EmptySource, _) => Cause($"The row {row.Key} has no text: there is nothing to embed, and runs leave it alone."),
            (CoverageState.Missing, { } stamp) => Cause($"Run {stamp.Run} wrote a vector to the row {row.Key} at {stamp.At:u} and read it back, and it is gone: somebody, or something of the app, took it away after that. A run embeds the row again."),
            (CoverageState.Missing, null) => Finding.Clear($"The row {row.Key} is there, has a text and no vector.", details),
            (CoverageState.Fresh, { SameVector: true } stamp) => Cause($"The row {row.Key} holds the vector of its text already: run {stamp.Run} wrote it at {stamp.At:u}, and neither was changed since. There is nothing to change."),
            (_, { SameVector: false } stamp) => Cause($"Run {stamp.Run} wrote a vector to the row {row.Key} at {stamp.At:u}, and it holds another now: somebody, or something of the app, replaced it after that. A backfill of what is missing leaves it alone."),
            (CoverageState.StaleText, { } stamp) => Cause($"The text of the row {row.Key} was edited after run {stamp.Run} had embedded it at {stamp.At:u}: the vector is that of the text before. A backfill of what is missing leaves it alone; one of what is out of date embeds it again."),
            _ => Finding.Note($"The row {row.Key} holds a vector that is {ScopeWords.Of(row.State)}. A backfill of what is missing leaves it alone; one of what is out of date replaces it.", details),
        };

        // The write would happen now, so that the reason has no code. Where it would not, an earlier suspect was the reason.
        Finding Cause(string sentence) => inquiry.Works ? Finding.Cause(null, sentence, details) : Finding.Note(sentence, details);
    }
}
