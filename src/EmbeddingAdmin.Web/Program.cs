using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web;
using EmbeddingAdmin.Web.Commands;

var line = new CommandLine(args);
Settings.ForgetForeignVariables();

var root = DashboardCommand.Create(line);
root.Add(BackfillCommand.Create(line));
root.Add(VerifyCommand.Create(line));
root.Add(CoverageCommand.Create(line));
root.Add(TablesCommand.Create(line));
root.Add(DoctorCommand.Create(line));
root.Add(ProbeCommand.Create(line));
root.Add(RunsCommand.Create(line));
root.Add(FailuresCommand.Create(line));
root.Add(AskCommand.Create(line, RunAction.Pause, "Hold a run; the pages in hand are ended first."));
root.Add(AskCommand.Create(line, RunAction.Resume, "Let a paused run go on, in the dashboard that is up."));
root.Add(AskCommand.Create(line, RunAction.Cancel, "End a run; what was written stays."));
root.Add(AskCommand.Create(line, RunAction.Retry, "Let a run that stopped on a fault go on from where it was."));
root.Add(AskCommand.Create(line, RunAction.Force, "Settle a pause or an end that was asked for long ago, when no worker is there to do it."));
root.Add(SignInCommand.Create(line));
return await line.RunAsync(root);
