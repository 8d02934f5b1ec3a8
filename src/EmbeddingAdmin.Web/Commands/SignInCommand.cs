using System.CommandLine;
using EmbeddingAdmin.Web.SignIn;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>sign-in</c>: a fresh link to the dashboard that is up.</summary>
internal static class SignInCommand
{
    public static Command Create(CommandLine line) =>
        new Command("sign-in", "Print a link that signs in once, to the dashboard that is up.").Does(line, async (terminal, _) =>
        {
            if (await terminal.Get<Instances>().AddressAsync(terminal.Signals.Any) is not { } address)
                throw new EmbeddingAdminException(ErrorCodes.NoDashboard, "No dashboard is up. No link was made. Start it, and it prints one: dotnet run --project src/EmbeddingAdmin.Web");
            var token = await terminal.Get<SignInLinks>().CreateAsync(terminal.Signals.Any);
            terminal.Answer.Give(new { link = Announcement.Link(address, token) }, Announcement.LinkLine(address, token));
            return 0;
        }, startsStack: false);
}
