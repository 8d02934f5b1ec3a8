using System.Security.Cryptography;
using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Web.Components;

/// <summary>What an operator is told when something went wrong; never an exception's own text, which may quote a row or a secret.</summary>
/// <param name="Code">A stable code of <see cref="ErrorCodes"/>.</param>
/// <param name="Correlation">The reference under which the log has the details.</param>
public sealed record Fault(string Code, string WhatHappened, string NotDone, string WhatToDo, string? Correlation = null)
{
    internal static string NewCorrelation() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    internal static Fault Of(Exception exception, string? correlation = null) => exception switch
    {
        _ when DatabaseFaults.Explain(exception) is { } database => Of(database, correlation),
        EmbeddingAdminException known => Of(known, correlation),
        ProviderFault provider => Of(new EmbeddingAdminException(provider.Code, provider.Message[(provider.Code.Length + 2)..]), correlation),
        _ => new(ErrorCodes.Unexpected, "This part of the page failed unexpectedly.", "Runs are not affected: they belong to the server, not to this page.",
            "Load the page again. If it happens again, look the reference up in the log.", correlation),
    };

    // Such a message says what happened, what was not done and what to do, in that order; the first sentence is the headline.
    private static Fault Of(EmbeddingAdminException known, string? correlation) =>
        known.Message.IndexOf(". ", StringComparison.Ordinal) is >= 0 and var end
            ? new(known.Code, known.Message[..(end + 1)], known.Message[(end + 2)..], "", correlation)
            : new(known.Code, known.Message, "", "", correlation);

    internal static Fault DatabaseUnreachable(string? correlation = null) => new(ErrorCodes.DatabaseUnreachable,
        "The database does not answer.", "Nothing was read or changed.",
        "Check that it is running and that the address in the configuration is right, then try again.", correlation);
}
