using System.CommandLine;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Why;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>doctor</c>: who sees the tables' rows, who changes them and what sticks, measured now, and why somebody who should write cannot.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommandLine line)
    {
        var tables = Verb.Tables();
        var owner = new Option<string?>("--owner") { Description = "As whom the row's owner is signed in; the owner of the row that is tried when left out.", HelpName = "owner" };
        var key = new Option<string?>("--key") { Description = "The row that is tried, of the one table that is named; the first that is free when left out.", HelpName = "key" };
        var fire = new Option<bool>("--fire") { Description = "Send requests to the API although they fire the table's triggers and are passed on by its publications. They change no value." };
        var verb = new Command("doctor", "Measure who can write, and say why somebody who should cannot.") { tables, owner, key, fire };
        verb.Validators.Add(typed =>
        {
            if (typed.GetResult(key) is { Implicit: false } && typed.GetResult(tables)?.Tokens.Count != 1)
                typed.AddError("--key means a row of one table, which has to be named.");
            foreach (var option in new[] { owner, key }.Where(option => typed.GetResult(option) is { Implicit: false, Tokens: [{ Value: "" }] }))
                typed.AddError($"{option.Name} names nothing.");
        });
        return verb.Does(line, async (terminal, parsed) =>
        {
            var how = new AccessTry { Owner = parsed.GetValue(owner), Key = parsed.GetValue(key), MayFire = parsed.GetValue(fire) };
            var examined = new List<Examination>();
            foreach (var table in terminal.Get<TableCatalog>().Named(parsed.GetValue(tables)))
                examined.Add(await ExamineAsync(terminal, table, how));
            terminal.Answer.Give(new { Tables = examined.Select(DoctorReport.Of) }, string.Join("\n\n", examined.Select(DoctorReport.InWords)));
            return examined.TrueForAll(each => each.AllCan) ? 0 : ExitCodes.Database;
        });
    }

    private static async Task<Examination> ExamineAsync(Terminal terminal, EmbeddingTable table, AccessTry how)
    {
        var cancel = terminal.Signals.Any;
        Target target;
        try
        {
            target = await terminal.Get<TableCatalog>().ResolveAsync(table, cancel);
        }
        catch (EmbeddingAdminException fault)
        {
            // The others are looked at all the same.
            return new(table, null, [], fault);
        }

        if (how.Key is { } typed)
            how = how with { Key = RowKey.Read(target, typed) ?? throw new EmbeddingAdminException(ErrorCodes.RowKey, $"No row of {table.Name} can have the key {typed}. Nothing was measured. Its keys are {target.KeyType}.") };
        var matrix = await terminal.Get<AccessProbe>().MeasureAsync(table, how, cancel);
        var why = new List<Diagnosis>();
        foreach (var who in matrix.Unable)
            why.Add(await terminal.Get<WhyNothingChanged>().AskAsync(table, who, how, cancel));
        return new(table, matrix, why, null);
    }
}

/// <summary>What was found of a table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Matrix">Who can do what; null when the table cannot be used.</param>
/// <param name="Why">Of each who should write and cannot, the reason.</param>
/// <param name="Fault">Why the table cannot be used; null when it can.</param>
internal sealed record Examination(EmbeddingTable Table, AccessMatrix? Matrix, IReadOnlyList<Diagnosis> Why, EmbeddingAdminException? Fault)
{
    /// <summary>Whether everybody can write who should.</summary>
    public bool AllCan => Matrix is { AllCan: true };
}
