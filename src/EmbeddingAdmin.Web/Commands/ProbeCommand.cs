using System.CommandLine;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Providers;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>probe</c>: sends two fixed sentences to each provider that the tables use, and says what came back.</summary>
internal static class ProbeCommand
{
    public static Command Create(CommandLine line)
    {
        var tables = Verb.Tables();
        var verb = new Command("probe", "Try the tables' providers with two fixed sentences: model, dimensions, latency, tokens, price, and what the server said. None of a row's text is sent.") { tables };
        return verb.Does(line, async (terminal, parsed) =>
        {
            var cancel = terminal.Signals.Any;
            var look = await terminal.Get<ProviderLook>().LookAsync(terminal.Get<TableCatalog>().Named(parsed.GetValue(tables)), cancel);
            var probed = new List<Probed>();
            foreach (var use in look.Uses)
            {
                await terminal.Get<Probes>().ProbeAsync(use.Provider, use.Tables, terminal.Actor, cancel);
                probed.Add(new(use, terminal.Get<Probes>().Of(use.Model)));
            }

            // A table that its provider cannot fill is refused by the probe as well, once.
            var unusable = look.Faults.Where(fault => !look.Uses.Any(use => use.Tables.Contains(fault.Table, StringComparer.Ordinal))).ToList();
            terminal.Answer.Give(
                probed.Select(ProbeAnswer.Of).Concat(unusable.Select(ProbeAnswer.Of)).ToArray(),
                probed.Count + unusable.Count == 0 ? "No table is configured." : string.Join("\n\n", probed.Select(ProbeAnswer.InWords).Concat(unusable.Select(ProbeAnswer.InWords))));
            return probed.Exists(each => each.Report.Code is not null) ? ExitCodes.Provider : unusable is [var first, ..] ? Failure.ExitCodeOf(first.Fault.Code) : 0;
        });
    }
}

/// <summary>A provider that was probed.</summary>
internal sealed record Probed(ProviderUse Use, ProbeState State)
{
    public ProbeReport Report { get; } = State.Last!;
}
