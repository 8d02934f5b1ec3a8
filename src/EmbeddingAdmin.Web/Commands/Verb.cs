using System.CommandLine;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>What all verbs have in common.</summary>
internal static class Verb
{
    /// <summary>The option that every verb has.</summary>
    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Standard output holds exactly one JSON value; a failure is {\"error\":{\"code\",\"message\"}}. Everything else goes to standard error.",
    };

    /// <summary>A verb that does <paramref name="body"/> in a terminal of its own.</summary>
    public static Command Does(this Command verb, CommandLine line, Func<Terminal, ParseResult, Task<int>> body, bool startsStack = true)
    {
        verb.Add(Json);
        verb.SetAction((parsed, _) => Terminal.RunAsync(line, parsed.GetValue(Json), startsStack, terminal => body(terminal, parsed)));
        return verb;
    }

    /// <summary>The argument that names a configured table.</summary>
    public static Argument<string> Table() => new("table") { Description = "The configured table, such as stories." };

    /// <summary>The argument that names any number of configured tables.</summary>
    public static Argument<string[]> Tables() => new("table") { Description = "The configured tables; all when left out.", Arity = ArgumentArity.ZeroOrMore };

    /// <summary>The tables that were named; all when none was.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.TableUnknown"/>.</exception>
    public static IReadOnlyList<EmbeddingTable> Named(this TableCatalog catalog, string[]? names) => names is not { Length: > 0 }
        ? catalog.Tables
        : [.. names.Select(name => catalog.Find(name) ?? throw new EmbeddingAdminException(ErrorCodes.TableUnknown, $"The settings name no table {name}. Nothing was done. There are: {string.Join(", ", catalog.Tables.Select(t => t.Name))}."))];
}
